int base_version(void);
int base_version(void)
{
	return 1;
}
