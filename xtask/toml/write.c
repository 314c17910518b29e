#include "toml/toml.h"

void toml_add_string(struct text *t, struct str s)
{
	static const char named[] = "b\bt\tn\nf\fr\r\"\"\\\\";
	text_add_byte(t, '"');
	for (size_t i = 0; i < s.len; i++) {
		unsigned char byte = (unsigned char)s.ptr[i];
		const char *escape = NULL;
		for (const char *pair = named; *pair && !escape; pair += 2)
			if (pair[1] == (char)byte)
				escape = pair;
		if (escape)
			text_addf(t, "\\%c", *escape);
		else if (byte < 0x20 || byte == 0x7F)
			text_addf(t, "\\u%04X", byte);
		else
			text_add_byte(t, (char)byte);
	}
	text_add_byte(t, '"');
}
