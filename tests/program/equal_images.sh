# One tree, built again and again, gives one image. A difference is explained: which file differs first, and which action
# made it. Sourced after lib.sh, never run: the first image is built then, in $first.
first=$work/first
copy_project "$first"
(cd "$first" && ./build/bin/xtask build --quiet) >"$work/first.txt" || { cat "$work/first.txt" >&2; fail "build"; }
count=1

# same NAME FOLDER: what was built there is the first image
same()
{
	count=$((count + 1))
	if cmp -s "$first/build/rustos-boot.img" "$2/build/rustos-boot.img"; then
		echo "ok: $1"
		return
	fi
	(cd "$first" && ./build/bin/xtask image --explain "$2/build/rustos-boot.img" --compare build/rustos-boot.img) >&2
	fail "another image: $1"
}

# fresh NAME: a new copy of the tree, in $tree
fresh()
{
	tree=$work/$1
	mkdir -p "$tree"
	copy_project "$tree"
}

# build COMMAND...: what is in $tree, by that command
build()
{
	(cd "$tree" && "$@" ./build/bin/xtask build --quiet) >"$work/said.txt" 2>&1 || { cat "$work/said.txt" >&2; fail "build in $tree"; }
}

# compared MINIMUM: so many images at least, the first one counted
compared()
{
	[ "$count" -ge "$1" ] || fail "only $count environments"
	sha256sum "$first/build/rustos-boot.img" | sed "s,  .*,  in $count environments,"
}
