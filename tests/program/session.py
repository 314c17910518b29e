"""A session at work under fault rules: pipes, files on the data volume, sockets, programs. For fault_sweep."""
import json
import os
import socket
import subprocess
import tempfile
import time

SECONDS = 600
TRIES = 5
KEY_PRESSES = 3
# every wait has its end: whoever would answer may be what fails
WORK = r"""
bad=0
fails() { echo "fails: $1"; bad=1; }
cd /home/root || fails home
[ "$(seq 3000 | sort -rn | head -n 2 | tr '\n' ' ')" = "3000 2999 " ] || fails pipe
seq 2000 >f && cp f g && cmp f g && rm f && mv g f || fails files
for i in 1 2 3 4 5 6; do dd if=f of=h$i bs=4096 conv=fsync 2>/dev/null && cmp f h$i || fails written; done
mkdir -p d/e && ln -s f d/e/l && [ $(ls -R d | wc -l) = 5 ] && rm -r d || fails folders
syslogd -O /tmp/log
i=0; until [ -S /dev/log ] || [ $((i += 1)) = 20000 ]; do :; done
for word in one two three four five; do logger $word; done
i=0; until grep -q five /tmp/log || [ $((i += 1)) = 100 ]; do :; done
[ "$(grep -c 'one\|two\|three\|four\|five' /tmp/log)" = 5 ] || fails sockets
[ "$(runctl list)" = "" ] || fails sessions
cat /boot/nucleus.elf /boot/system/boot/early.cpio >/dev/null || fails boot
exit $bad
"""
# the display's driver comes late after an EFI boot
SCREEN = r"until dmesg | grep -q 'columns=\|bootfb is not loaded'; do :; done;"


class Monitor:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.file = self.socket.makefile("rw", encoding="utf-8")
        self.file.readline()
        self.run("qmp_capabilities")

    def run(self, name, **arguments):
        self.file.write(json.dumps({"execute": name, "arguments": arguments}) + "\n")
        self.file.flush()
        while "return" not in (answer := json.loads(self.file.readline())):
            if "error" in answer:
                raise RuntimeError(f"{name}: {answer}")

    def press_shift(self):
        for down in (True, False):
            self.run("input-send-event", events=[
                {"type": "key", "data": {"down": down, "key": {"type": "qcode", "data": "shift"}}}])


class Session:
    """What is left of it: text (the debug console), output, status of the work, answers, switched_off."""

    def __init__(self, xtask, rules, has_screen):
        self.xtask = xtask
        self.status, self.answers = None, False
        with tempfile.TemporaryDirectory() as folder:
            self.folder = folder
            command = [xtask, "qemu", "--quiet", "--timeout", str(SECONDS), "--logs", folder, "--session", "always",
                       "--boot", "efi" if has_screen else "direct", "--data", os.path.join(folder, "data.img"),
                       "--set", "qemu.data_mib=64", "--exit", "powered-off"]
            for point, action in rules.items():
                command += ["--fault", f"{point}={action}"]
            command += ["--", "-qmp", f"unix:{folder}/monitor,server=on,wait=off"]
            if has_screen:
                command += ["-device", "VGA,edid=on,xres=1024,yres=768"]
            with open(os.path.join(folder, "output"), "wb") as output, \
                    subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT) as machine:
                self.work(machine, SCREEN if has_screen else "", "input.event.enqueue" in rules)
                self.switched_off = machine.wait() == 0
            self.text = self.read("debugcon.log")
            self.output = self.read("work") + self.read("output")

    def read(self, name):
        path = os.path.join(self.folder, name)
        if not os.path.exists(path):
            return ""
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def run(self, command):
        """Its status and what it printed."""
        ended = subprocess.run([self.xtask, "exec", command, "--socket", f"{self.folder}/agent.sock"], check=False,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return ended.returncode, ended.stdout.decode("utf-8", "replace")

    def await_machine(self, machine, is_there):
        while machine.poll() is None and not is_there():
            time.sleep(0.02)
        return machine.poll() is None

    def work(self, machine, before, presses_keys):
        # not before: firmware takes what comes over a serial line for keys, and whoever asks does not wait for a boot
        if not self.await_machine(machine, lambda: "rootd: start package=agent" in self.read("debugcon.log")):
            return
        if presses_keys and self.await_machine(machine, lambda: "driverd: loaded name=ps2" in self.read("debugcon.log")):
            monitor = Monitor(f"{self.folder}/monitor")
            for _ in range(KEY_PRESSES):
                monitor.press_shift()
        self.status, said = self.run(before + WORK)
        # a fault may take the program that is asked, too
        self.answers = any("still here" in self.run("echo still here")[1] for _ in range(TRIES))
        with open(os.path.join(self.folder, "work"), "w", encoding="utf-8") as file:
            file.write(said)
        for _ in range(TRIES):
            if machine.poll() is None:
                self.run("poweroff && exec sleep 1000")
