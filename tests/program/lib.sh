# For the program tests: a private copy of the project, and small checks. Sourced, never run.
set -eu
project=${PROJECT:-$(cd "$(dirname "$0")/../.." && pwd)}
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

# copy_built FOLDER: a copy that is built already, as far as the project is. For tests of what comes after a first build:
# the engine looks at every byte of it again, and makes what is stale.
copy_built()
{
	copy_project "$1"
	(cd "$project" && for made in build/.state build/.rustos-boot.img.pieces build/artifacts build/boot build/compile_commands.json \
		build/gen build/image build/obj build/rustos-boot.img build/test-debug; do [ ! -e $made ] || echo $made; done |
		tar -c -T -) | tar -x -C "$1"
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

# await_agent FOLDER: until the agent has been started in the guest that $guest runs, with its logs in FOLDER. Not before
# is it asked: whoever asks gives up after some seconds, however slow the host's boot is.
await_agent()
{
	until grep -qsF "rootd: start package=agent" "$1/debugcon.log"; do
		kill -0 "$guest" 2>/dev/null || { cat "$work/console" >&2; fail "the guest ended by itself"; }
		sleep 0.1
	done
}
