#!/bin/sh
# Linux of Debian in the machine that our own system is measured in, with one program as its first process.
# usage: linux.sh FOLDER PROGRAM BUSYBOX; what it printed stays in FOLDER/rows.txt
# The kernel's package is fetched once into FOLDER. Without the network, and without it, it fails.
set -eu
folder=$1 program=$2 busybox=$3
mkdir -p "$folder"
if ! ls "$folder"/kernel/boot/vmlinuz-* >/dev/null 2>&1; then
	package=$(apt-cache depends linux-image-amd64 | awk '/Depends: linux-image/ { print $2; exit }')
	[ -n "$package" ]
	ls "$folder/$package"_*.deb >/dev/null 2>&1 || (cd "$folder" && apt-get download -qq "$package")
	dpkg -x "$folder/$package"_*.deb "$folder/kernel"
fi
rm -rf "$folder/root"
mkdir -p "$folder/root/apps/busybox" "$folder/root/apps/linux_bench"
cp "$program" "$folder/root/apps/linux_bench/linux_bench"
cp "$busybox" "$folder/root/apps/busybox/busybox"
find "$folder/root" -exec touch -h -d @0 {} +
(cd "$folder/root" && find . | LC_ALL=C sort | cpio --quiet --reproducible -R 0:0 -o -H newc) >"$folder/root.cpio"
timeout 900 qemu-system-x86_64 -machine q35,accel=tcg,smm=off,sata=off,usb=off,vmport=off -cpu max -m 512M -smp 1 \
	-nodefaults -no-user-config -display none -no-reboot -net none -vga none -icount shift=0,sleep=off \
	-serial "file:$folder/rows.txt" -kernel "$folder"/kernel/boot/vmlinuz-* -initrd "$folder/root.cpio" \
	-append "console=ttyS0 quiet panic=-1 nokaslr mitigations=off transparent_hugepage=never rdinit=/apps/linux_bench/linux_bench" </dev/null
grep -q 'name=shell_1000_true_programs' "$folder/rows.txt"
