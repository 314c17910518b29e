void start(void);
void start(void)
{
}
