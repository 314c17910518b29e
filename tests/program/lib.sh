# For the program tests: a private copy of the project, and small checks. Sourced, never run.
set -eu
project=$(cd "$(dirname "$0")/../.." && pwd)
xtask=$(realpath "${XTASK:-$project/build/bin/xtask}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

fail()
{
	echo "not ok: $*" >&2
	exit 1
}

# copy_project FOLDER: the files that git knows, the tool that was built, the fetched packages, and one signing key.
copy_project()
{
	mkdir -p "$1/build/bin" "$1/build/keys"
	(cd "$project" && git ls-files -z --cached --others --exclude-standard |
		xargs -0 sh -c 'for f; do [ ! -f "$f" ] || printf "%s\0" "$f"; done' sh |
		tar -c --null -T -) | tar -x -C "$1"
	cp "$xtask" "$project/build/bin/xtask-unpack" "$1/build/bin/"
	if [ -d "$project/build/store" ]; then cp -r "$project/build/store" "$1/build/"; fi
	cp -p "$project"/build/keys/* "$1/build/keys/"
	chmod 700 "$1/build/keys"
}

# expect_text TEXT FILE
expect_text()
{
	grep -qF -e "$1" "$2" || { cat "$2" >&2; fail "no '$1' in the output"; }
}

expect_no_text()
{
	! grep -qF -e "$1" "$2" || { cat "$2" >&2; fail "'$1' in the output"; }
}
