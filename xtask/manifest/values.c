#include "manifest/values.h"
#include <string.h>

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

static const char *const printable_names[128] = {
        [' '] = "a blank", ['"'] = "'\"'", ['*'] = "'*'", [','] = "','",          ['.'] = "'.'",
        ['/'] = "'/'",     [':'] = "':'",  ['<'] = "'<'", ['>'] = "'>'",          ['?'] = "'?'",
        ['|'] = "'|'",     ['='] = "'='",  ['+'] = "'+'", ['\\'] = "a backslash",
};

static const char *byte_name(char c)
{
	if (c == '\t')
		return "a tab";
	if (c == '\n')
		return "a line feed";
	if (c == '\r')
		return "a carriage return";
	if (is_control(c))
		return "a control character";
	if ((unsigned char)c >= 0x80)
		return "a character that is not ASCII";
	if (is_upper(c))
		return "a capital letter";
	const char *name = printable_names[(unsigned char)c];
	return name ? name : "a special character";
}

const char *unfit_byte(struct str s, const char *also)
{
	for (size_t i = 0; i < s.len; i++)
		if (is_control(s.ptr[i]) || strchr(also, s.ptr[i]))
			return byte_name(s.ptr[i]);
	return NULL;
}

struct problem name_problem(struct arena *a, struct str name)
{
	if (!str_trim(name).len)
		return (struct problem){STR("is empty"), STR("give it a name of its own")};
	if (name.len > ID_BYTES_MAX)
		return (struct problem){
		        str_format(a, "is %zu characters long", name.len),
		        str_format(a, "at most %d fit, because '<id>-<n>.desktop' is made of it",
		                   ID_BYTES_MAX)};
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		if (!is_lower(c) && !is_digit(c) && c != '-' && c != '_')
			return (struct problem){
			        str_format(a, "contains %s", byte_name(c)),
			        STR("use a-z, 0-9, '-' and '_': it becomes a file name on FAT and "
			            "an item of comma-separated lists")};
	}
	return (struct problem){};
}

static struct problem not_normal(struct arena *a, struct str path)
{
	struct str normal;
	if (!path_normalise(a, path, &normal))
		return (struct problem){STR("leaves its root"), STR("take out the '..'")};
	if (str_equal(path, normal))
		return (struct problem){};
	if (!normal.len)
		return (struct problem){STR("names no file"), STR("name the file or folder")};
	return (struct problem){STR("is not in normal form"),
	                        str_format(a, "write '%.*s'", STR_ARG(normal))};
}

struct problem path_form_problem(struct arena *a, struct str path)
{
	if (!str_trim(path).len)
		return (struct problem){STR("is empty"), STR("name the file or folder")};
	if (path.ptr[0] == '/')
		return (struct problem){STR("is absolute"), STR("leave out the leading '/'")};
	if (str_contains(path, '\\'))
		return (struct problem){STR("contains a backslash"),
		                        STR("separate folders with '/'")};
	const char *unfit = unfit_byte(path, "");
	if (unfit)
		return (struct problem){str_format(a, "contains %s", unfit), STR("take it out")};
	return not_normal(a, path);
}

/* FAT long names: Microsoft's FAT specification 1.03, "Long Directory Entries". */
static struct problem component_problem(struct arena *a, struct str name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		if ((unsigned char)c >= 0x80)
			return (struct problem){STR("contains a character that is not ASCII"),
			                        STR("programs are started by ASCII paths")};
		if (strchr("\"*:<>?|", c))
			return (struct problem){
			        str_format(a, "contains %s", byte_name(c)),
			        STR("FAT cannot hold '\"', '*', ':', '<', '>', '?' and '|' "
			            "in a name")};
	}
	char last = name.ptr[name.len - 1];
	if (last == '.' || last == ' ' || name.ptr[0] == ' ')
		return (struct problem){
		        str_format(a, "contains the name '%.*s'", STR_ARG(name)),
		        STR("FAT drops blanks around a name and dots at its end: take them out")};
	return (struct problem){};
}

struct problem image_path_problem(struct arena *a, struct str path)
{
	struct problem problem = path_form_problem(a, path);
	struct str rest = path;
	while (!problem.message.len && rest.len) {
		struct str_split cut = str_cut(rest, '/');
		problem = component_problem(a, cut.head);
		rest = cut.rest;
	}
	if (!problem.message.len && path.len > IMAGE_PATH_BYTES_MAX)
		return (struct problem){
		        str_format(a, "is %zu bytes long", path.len),
		        str_format(a, "at most %d fit: the guest keeps paths in 256 bytes",
		                   IMAGE_PATH_BYTES_MAX)};
	return problem;
}

struct problem deb_name_problem(struct str name)
{
	bool good = name.len >= 2 && (is_lower(name.ptr[0]) || is_digit(name.ptr[0]));
	for (size_t i = 0; good && i < name.len; i++) {
		char c = name.ptr[i];
		good = is_lower(c) || is_digit(c) || (c && strchr("+-.", c));
	}
	if (good)
		return (struct problem){};
	return (struct problem){
	        STR("is no name of a Debian package"),
	        STR("such names have a-z, 0-9, '+', '-' and '.'; version and digest "
	            "stand in manifests/deb.lock")};
}

bool is_variable_name(struct str name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		if (!is_lower(c) && !is_upper(c) && c != '_' && !(is_digit(c) && i))
			return false;
	}
	return name.len > 0;
}
