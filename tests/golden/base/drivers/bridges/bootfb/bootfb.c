int bootfb_start(void);
int bootfb_start(void)
{
	return 0;
}
