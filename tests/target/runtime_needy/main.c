/* Nothing: that it was launched is what counts. */
int main(int, char **, char **)
{
	return 0;
}
