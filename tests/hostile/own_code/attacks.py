"""What a visitor's code may try, as data: short texts that come to their end only if they succeed.

They know: SECRET (a file that holds WORD), FOLDER (where it lies), TARGET (another file there), LINK (one that leads to
SECRET), PORT and DATAGRAM (who listens on loopback), UNIX and ABSTRACT (who listens there), VICTIM (a process),
PROJECT (where the program lies). `raw` makes a system call by its number and raises what the kernel refused.
"""

from __future__ import annotations

import textwrap

HEAD = """
import ctypes, errno, mmap, os, resource, signal, socket, stat, subprocess, sys, threading, time
from pathlib import Path
def raw(number, *arguments):
    library = ctypes.CDLL(None, use_errno=True)
    library.syscall.restype = ctypes.c_long
    ctypes.set_errno(0)
    result = library.syscall(ctypes.c_long(number), *arguments)
    if result < 0 and ctypes.get_errno() in (errno.EPERM, errno.EACCES, errno.ENOSYS):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
def holds(content):
    content = content.encode() if isinstance(content, str) else bytes(content)
    assert WORD.encode() in content
def channel():
    for number in range(3, 64):
        try:
            if stat.S_ISSOCK(os.fstat(number).st_mode):
                return number
        except OSError:
            pass
    raise OSError("no channel")
"""

READ = {
    "open": "holds(open(SECRET).read())",
    "os.open": "holds(os.read(os.open(SECRET, os.O_RDONLY), 100))",
    "pathlib": "holds(Path(SECRET).read_bytes())",
    "by a path with dots": "holds(open(os.path.join('..', '..', '..', '..', SECRET.lstrip('/'))).read())",
    "by a link that is there": "holds(open(LINK).read())",
    "by a link of its own": "os.symlink(SECRET, 'made'); holds(open('made').read())",
    "by a second name": "os.link(SECRET, FOLDER + '/second'); holds(open(FOLDER + '/second').read())",
    "through /proc/self/root": "holds(open('/proc/self/root' + SECRET).read())",
    "through its parent's root": "holds(open(f'/proc/{os.getppid()}/root' + SECRET).read())",
    "through the victim's root": "holds(open(f'/proc/{VICTIM}/root' + SECRET).read())",
    "mmap": "holds(mmap.mmap(os.open(SECRET, os.O_RDONLY), 0, prot=mmap.PROT_READ)[:])",
    "C's fopen": """
        library = ctypes.CDLL(None)
        library.fopen.restype = ctypes.c_void_p
        file, buffer = library.fopen(SECRET.encode(), b"r"), ctypes.create_string_buffer(100)
        assert file
        library.fread(buffer, 1, 100, ctypes.c_void_p(file))
        holds(buffer.raw)""",
    "openat by its number": "holds(os.read(raw(257, -100, SECRET.encode(), 0, 0), 100))",
    "open by its number": "holds(os.read(raw(2, SECRET.encode(), 0, 0), 100))",
    "openat2": """
        how = (ctypes.c_uint64 * 3)(0, 0, 0)
        holds(os.read(raw(437, -100, SECRET.encode(), how, ctypes.c_size_t(24)), 100))""",
    "a handle": "raw(303, -100, SECRET.encode(), None, None, 0)",
    "a file by its handle": "raw(304, -1, None, 0)",
    "io_uring": "raw(425, 4, (ctypes.c_char * 120)())",
    "numpy.fromfile": "import numpy; holds(numpy.fromfile(SECRET, 'uint8').tobytes())",
    "numpy.memmap": "import numpy; holds(numpy.memmap(SECRET, 'uint8', 'r').tobytes())",
    "linecache": "import linecache; holds(linecache.getline(SECRET, 1))",
    "a module's loader": """
        from importlib.machinery import SourceFileLoader
        holds(SourceFileLoader('a', SECRET).get_data(SECRET))""",
    "urllib": "import urllib.request; holds(urllib.request.urlopen('file://' + SECRET).read())",
    "shutil": "import shutil; shutil.copy(SECRET, FOLDER + '/copied')",
    "sqlite": "import sqlite3; sqlite3.connect(FOLDER + '/data.db').execute('create table a (b)').fetchall()",
    "to list": "assert 'secret' in os.listdir(FOLDER)",
    "to scan": "assert any(entry.name == 'secret' for entry in os.scandir(FOLDER))",
    "to list the top": "assert len(os.listdir('/')) > 1",
    "to glob": "import glob; assert glob.glob(FOLDER + '/sec*')",
    "to ask whether it is there": "assert os.path.exists(SECRET)",
    "to ask for its size": "assert os.stat(SECRET).st_size",
    "to ask what may be done": "assert os.access(SECRET, os.R_OK)",
    "to ask where a link leads": "assert os.readlink(LINK)",
    "statfs": "os.statvfs(FOLDER)",
    "inotify": "raw(253)",
    "the users": "assert open('/etc/passwd').read()",
    "the users, by their names": "import pwd; assert len(pwd.getpwall()) > 1",
    "the mounts": "assert open('/proc/self/mountinfo').read()",
    "the program's settings and papers": "assert open(PROJECT + '/README.md').read()",
    "its tests": "assert os.listdir(PROJECT + '/tests')",
}
ENVIRONMENT = {
    "its own": "holds(repr(dict(os.environ)))",
    "C's": "get = ctypes.CDLL(None).getenv; get.restype = ctypes.c_char_p; holds(get(b'PLANTED') or b'')",
    "the kernel's word on its own": "holds(open('/proc/self/environ').read())",
    "its parent's": "assert open(f'/proc/{os.getppid()}/environ').read()",
    "the victim's": "holds(open(f'/proc/{VICTIM}/environ').read())",
    "the victim's command": "assert open(f'/proc/{VICTIM}/cmdline').read()",
    "the victim's memory": "assert open(f'/proc/{VICTIM}/maps').read()",
    "its parent's memory": "open(f'/proc/{os.getppid()}/mem', 'rb')",
    "its own memory": "open('/proc/self/mem', 'rb')",
    "who else runs": "assert any(name.isdigit() for name in os.listdir('/proc'))",
    "a descriptor that was left open": """
        found = b""
        for number in range(3, 256):
            try:
                found += os.pread(number, 100, 0)
            except OSError:
                pass
        holds(found)""",
    "a descriptor of its parent's": "os.listdir(f'/proc/{os.getppid()}/fd')",
}
TENSORFLOW = {
    "read_file": "import tensorflow as tf; holds(tf.io.read_file(SECRET).numpy())",
    "read_file in a graph": "import tensorflow as tf; holds(tf.function(lambda: tf.io.read_file(SECRET))().numpy())",
    "read_file in many graphs": """
        import tensorflow as tf
        @tf.function
        def read():
            return tf.map_fn(tf.io.read_file, tf.constant([SECRET] * 8), parallel_iterations=8)
        holds(read()[7].numpy())""",
    "py_function": """
        import tensorflow as tf
        holds(tf.py_function(lambda: open(SECRET).read(), [], tf.string).numpy())""",
    "py_function in a graph": """
        import tensorflow as tf
        holds(tf.function(lambda: tf.py_function(lambda: open(SECRET).read(), [], tf.string))().numpy())""",
    "numpy_function": """
        import numpy, tensorflow as tf
        holds(tf.numpy_function(lambda: numpy.array(open(SECRET).read(), object), [], tf.string).numpy())""",
    "a data set of lines": """
        import tensorflow as tf
        holds(next(iter(tf.data.TextLineDataset(SECRET))).numpy())""",
    "a data set's workers": """
        import tensorflow as tf
        data = tf.data.Dataset.from_tensors(SECRET).map(tf.io.read_file, num_parallel_calls=2).prefetch(2)
        holds(next(iter(data)).numpy())""",
    "a data set's threads": """
        import tensorflow as tf
        data = tf.data.Dataset.from_tensors(SECRET).map(
            lambda name: tf.numpy_function(lambda path: open(path).read(), [name], tf.string), num_parallel_calls=2)
        holds(next(iter(data)).numpy())""",
    "gfile": "import tensorflow as tf; holds(tf.io.gfile.GFile(SECRET).read())",
    "gfile's list": "import tensorflow as tf; assert 'secret' in tf.io.gfile.listdir(FOLDER)",
    "matching_files": "import tensorflow as tf; assert len(tf.io.matching_files(FOLDER + '/sec*').numpy())",
    "write_file": "import tensorflow as tf; tf.io.write_file(FOLDER + '/by tensorflow', 'x')",
    "write_file in a graph": """
        import tensorflow as tf
        @tf.function
        def write():
            tf.io.write_file(FOLDER + '/by a graph', 'x')
            return tf.constant(1)
        write()
        assert tf.io.gfile.exists(FOLDER + '/by a graph')""",
    "a checkpoint": """
        import tensorflow as tf
        tf.train.Checkpoint(a=tf.Variable(1.0)).write(FOLDER + '/checkpoint')""",
    "a summary": """
        import tensorflow as tf
        writer = tf.summary.create_file_writer(FOLDER + '/summary')
        writer.flush()
        assert os.listdir(FOLDER + '/summary')""",
    "a saved layer": """
        import keras
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        model.save(FOLDER + '/model.keras')""",
    "saved weights": """
        import keras
        keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).save_weights(FOLDER + '/a.weights.h5')""",
    "get_file": "import keras; keras.utils.get_file('got', 'file://' + SECRET, cache_dir=FOLDER)",
    "a thread's file": """
        found = []
        thread = threading.Thread(target=lambda: found.append(open(SECRET).read()))
        thread.start(); thread.join()
        holds(found[0])""",
}
WRITE = {
    "open": "open(FOLDER + '/written', 'w').write('x')",
    "to append": "open(TARGET, 'a').write('x')",
    "to a library": "open(PROJECT + '/explorer/planted.py', 'w').close(); os.unlink(PROJECT + '/explorer/planted.py')",
    "a folder": "os.mkdir(FOLDER + '/folder')",
    "to rename": "os.rename(TARGET, TARGET + '2'); os.rename(TARGET + '2', TARGET)",
    "to remove": "os.unlink(FOLDER + '/removable')",
    "to remove a folder": "os.rmdir(FOLDER + '/empty')",
    "to shorten": "os.truncate(TARGET, 0)",
    "to shorten while reading": "os.open(TARGET, os.O_RDONLY | os.O_TRUNC)",
    "a file without a name": "os.open(FOLDER, os.O_RDWR | os.O_TMPFILE)",
    "rights": "os.chmod(TARGET, 0o644)",
    "an owner": "os.chown(TARGET, os.getuid(), os.getgid())",
    "its time": "os.utime(TARGET)",
    "a mark": "os.setxattr(TARGET, 'user.a', b'x')",
    "a link": "os.symlink('/', FOLDER + '/symbolic')",
    "a second name": "os.link(TARGET, FOLDER + '/hard')",
    "a pipe": "os.mkfifo(FOLDER + '/pipe')",
    "a device": "os.mknod(FOLDER + '/node', stat.S_IFREG | 0o600)",
    "in memory": "os.memfd_create('a')",
    "in memory, by its number": "raw(319, b'a', 0)",
    "shared memory": """
        from multiprocessing import shared_memory
        made = shared_memory.SharedMemory('layer-explorer-tests', create=True, size=10)
        made.close(); made.unlink()""",
    "shared memory of System V": "raw(31, raw(29, 0, ctypes.c_size_t(4096), 0o1600), 0, None)",
    "semaphores of System V": "raw(66, raw(64, 0, 1, 0o1600), 0, 0)",
    "messages of System V": "raw(71, raw(68, 0, 0o1600), 0, None)",
    "a queue": "raw(240, None, 0, 0, None)",
    "a large file": "open('large', 'wb').write(bytes(12 << 20)); os.unlink('large')",
    "much in small files": """
        for number in range(24):
            open(f'small{number}', 'wb').write(bytes(1 << 20))
        [os.unlink(f'small{number}') for number in range(24)]""",
    "a thousand files": """
        for number in range(1000):
            open(f'file{number}', 'w').close()
        [os.unlink(f'file{number}') for number in range(1000)]""",
}
NETWORK = {
    "tcp": "socket.create_connection(('127.0.0.1', PORT), 2)",
    "tcp, not waited for": "s = socket.socket(); s.settimeout(0); assert s.connect_ex(('127.0.0.1', PORT)) in (0, 115)",
    "http": "import http.client; http.client.HTTPConnection('127.0.0.1', PORT).connect()",
    "udp": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', DATAGRAM))",
    "udp, connected": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(('127.0.0.1', DATAGRAM))",
    "tcp of version 6": "socket.socket(socket.AF_INET6)",
    "to listen": "s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen()",
    "a name": "socket.getaddrinfo('localhost', 80)",
    "the cloud's metadata": """
        s = socket.socket()
        s.setblocking(False)
        assert s.connect_ex(('169.254.169.254', 80)) not in (errno.EACCES, errno.EPERM)""",
    "unix": "socket.socket(socket.AF_UNIX).connect(UNIX)",
    "unix without a path": "socket.socket(socket.AF_UNIX).connect(ABSTRACT)",
    "unix datagrams": "socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)",
    "a pair": "socket.socketpair()",
    "netlink": "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)",
    "raw": "socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)",
    "packets": "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
    "socket by its number": "raw(41, 2, 1, 0)",
    "a descriptor through the channel": """
        socket.socket(fileno=os.dup(CHANNEL or channel())).sendmsg(
            [b''], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, os.open('/dev/null', 0).to_bytes(4, 'little'))])""",
}
PROCESSES = {
    "fork": "pid = os.fork()\nif pid == 0: os._exit(0)\nos.waitpid(pid, 0)",
    "vfork and a program": "os.waitpid(os.posix_spawn('/bin/true', ['true'], {}), 0)",
    "subprocess": "subprocess.run([sys.executable, '-c', ''], check=True)",
    "a shell": "assert os.system('true') == 0",
    "a pipe to a program": "assert os.popen('echo a').read()",
    "multiprocessing": """
        import multiprocessing
        one = multiprocessing.get_context('fork').Process(target=int); one.start(); one.join()
        assert one.exitcode == 0""",
    "ten processes": """
        for _ in range(10):
            if (pid := os.fork()) == 0: os._exit(0)
            os.waitpid(pid, 0)""",
    "a terminal": "pid, end = os.forkpty()\nif pid == 0: os._exit(0)\nos.waitpid(pid, 0)",
    "exec": """
        try:
            os.execv('/not/there', ['a'])
        except FileNotFoundError:
            pass""",
    "execveat": "assert raw(322, -1, b'', None, None, 0) < 0",
    "clone by its number": "pid = raw(56, 17, 0, 0, 0, 0)\nif pid == 0: os._exit(0)\nos.waitpid(pid, 0)",
    "clone3": "raw(435, None, 0)",
    "clone of namespaces": "pid = raw(56, 0x10000000 | 17, 0, 0, 0, 0)\nif pid == 0: os._exit(0)\nos.waitpid(pid, 0)",
    "kill": "os.kill(VICTIM, signal.SIGCONT)",
    "kill its parent": "os.kill(os.getppid(), 0)",
    "kill all": "os.kill(-1, 0)",
    "kill its group": "os.killpg(0, 0)",
    "kill a thread": "raw(200, VICTIM, 18)",
    "kill a thread of a process": "raw(234, VICTIM, VICTIM, 18)",
    "a signal with a word": "raw(129, VICTIM, 0, (ctypes.c_int * 32)(0, 0, -1))",
    "a handle of a process": "os.pidfd_open(VICTIM)",
    "a signal by a handle": "signal.pidfd_send_signal(os.pidfd_open(VICTIM), 0)",
    "a descriptor by a handle": "os.close(raw(438, raw(434, VICTIM, 0), 0, 0))",
    "ptrace": "raw(101, 0x4206, VICTIM, 0, 0); raw(101, 17, VICTIM, 0, 0)",
    "memory of a process": "raw(310, os.getpid(), None, 0, None, 0, 0)",
    "to write memory of a process": "raw(311, os.getpid(), None, 0, None, 0, 0)",
    "to compare processes": "raw(312, os.getpid(), os.getpid(), 1, 0, 0)",
    "limits of a process": "resource.prlimit(VICTIM, resource.RLIMIT_NOFILE)",
    "priority of a process": "os.setpriority(os.PRIO_PROCESS, VICTIM, 1)",
    "processors of a process": "os.sched_setaffinity(VICTIM, os.sched_getaffinity(0))",
    "a session": "os.getsid(VICTIM); os.setpgid(0, 0)",
    "a signal when a file changes": "import fcntl; fcntl.fcntl(channel(), fcntl.F_SETOWN, VICTIM)",
}
KERNEL = {
    name: f"raw({number}, {arguments})"
    for name, (number, arguments) in {
        "bpf": (321, "99, None, 0"),
        "userfaultfd": (323, "0"),
        "perf_event_open": (298, "None, 0, 0, 0, 0"),
        "keyctl": (250, "0, 0, 0"),
        "add_key": (248, "None, None, None, 0, 0"),
        "request_key": (249, "None, None, None, 0"),
        "unshare": (272, "0"),
        "setns": (308, "-1, 0"),
        "mount": (165, "None, None, None, 0, None"),
        "umount": (166, "None, 0"),
        "pivot_root": (155, "None, None"),
        "chroot": (161, "None"),
        "reboot": (169, "0, 0, 0, None"),
        "swapon": (167, "None, 0"),
        "sethostname": (170, "None, -1"),
        "settimeofday": (164, "1, 1"),
        "clock_settime": (227, "99, None"),
        "acct": (163, "1"),
        "quotactl": (179, "-1, None, 0, None"),
        "personality": (135, "ctypes.c_ulong(0xffffffff)"),
        "io_uring_register": (427, "-1, 0, None, 0"),
        "landlock": (444, "None, ctypes.c_size_t(0), 1"),
        "splice": (275, "-1, None, -1, None, 1, 0"),
        "vmsplice": (278, "-1, None, 1, 0"),
        "fanotify": (300, "99, 99"),
        "recvmsg": (47, "-1, None, 0"),
        "move_pages": (279, "0, ctypes.c_ulong(0), None, None, None, 0"),
        "syslog": (103, "10, None, 0"),
        "mlock": (149, "None, ctypes.c_size_t(0)"),
        "mincore": (27, "1, 1, None"),
        "modify_ldt": (154, "0, None, ctypes.c_ulong(0)"),
        "ioprio": (251, "1, 0, 0x6007"),
    }.items()
}
"""Calls with arguments that do nothing: what counts is whether the kernel looks at them at all."""
UNDO = {
    "a filter of its own": "raw(317, 2, 0, ctypes.byref(ctypes.c_uint32(0x7FFF0000)))",
    "prctl": "raw(157, 3, 0, 0, 0, 0)",
    "to be looked into": "assert ctypes.CDLL(None).prctl(4, 1, 0, 0, 0) == 0",
    "to outlive its parent": "assert ctypes.CDLL(None).prctl(1, 0, 0, 0, 0) == 0",
    "the user root": "os.setresuid(0, 0, 0)",
    "the group root": "os.setresgid(0, 0, 0)",
    "groups": "os.setgroups([0])",
    "capabilities": "raw(126, (ctypes.c_uint32 * 2)(0x20080522, 0), None)",
    "more memory": "resource.setrlimit(resource.RLIMIT_AS, (-1, -1))",
    "more of the processor": "resource.setrlimit(resource.RLIMIT_CPU, (-1, -1))",
    "larger files": "resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))",
    "more files": "resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))",
    "more threads": "resource.setrlimit(resource.RLIMIT_NPROC, (resource.getrlimit(resource.RLIMIT_NPROC)[1],) * 2)",
    "setrlimit by its number": "raw(160, 7, (ctypes.c_uint64 * 2)(64, 64))",
    "another policy": "os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))",
    "another priority": "os.setpriority(os.PRIO_PROCESS, 0, 0)",
    "all processors": "os.sched_setaffinity(0, os.sched_getaffinity(0))",
    "another root": "os.chroot('/')",
}
MEMORY = {
    "bytes": "bytearray(SIZE)",
    "a list": "[None] * (SIZE // 8)",
    "numpy": "import numpy; numpy.empty(SIZE, 'uint8')",
    "mmap": "mmap.mmap(-1, SIZE)",
    "mmap, private": "mmap.mmap(-1, SIZE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)",
    "malloc": """
        ctypes.CDLL(None).malloc.restype = ctypes.c_void_p
        assert ctypes.CDLL(None).malloc(ctypes.c_size_t(SIZE))""",
    "in pieces": "kept = [bytearray(16 << 20) for _ in range(SIZE >> 24)]",
    "a number": "1 << (8 * SIZE)",
    "a text": "'x' * SIZE",
}
_ENDLESS = {
    "a loop": "while True: pass",
    "a loop that asks nothing of Python": "ctypes.PyDLL(None).usleep(100_000_000)",
    "a search without end": "import re; re.match('(a+)+$', 'a' * 60 + 'b')",
    "a number without end": "10 ** 10 ** 10",
    "a wait": "time.sleep(1000)",
    "a lock": "lock = threading.Lock(); lock.acquire(); lock.acquire()",
    "all signals blocked": "signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())\nwhile True: pass",
    "signals ignored": """
        for one in signal.valid_signals():
            try: signal.signal(one, signal.SIG_IGN)
            except (OSError, ValueError): pass
        while True: pass""",
    "threads that go on": "[threading.Thread(target=lambda: [0 for _ in iter(int, 1)]).start() for _ in range(20)]",
    "errors caught": """
        while True:
            try:
                while True: pass
            except BaseException: pass""",
    "a loop of TensorFlow's": """
        import tensorflow as tf
        tf.while_loop(lambda x: True, lambda x: (x + 1.0,), (tf.constant(0.0),))""",
    "a channel that is closed": "os.close(CHANNEL or channel())\nwhile True: pass",
}
ENDLESS = {name: HEAD + textwrap.dedent(text) for name, text in _ENDLESS.items()}
"""Those that go on until they are ended."""

_SEND = """
import json, struct
fd = CHANNEL or channel()
def frame(kind, payload=b"", size=None):
    return struct.pack("<BQ", kind, len(payload) if size is None else size) + payload
def send(data):
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view):]
READY, UNREADY, BEGUN, PROGRESS, PARTIAL, REPLY, PROBLEM, LAST, CHANGED, JOB = 2, 3, 8, 4, 9, 5, 6, 7, 10, 1
def message(header, body=b"", sizes=None):
    header = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<4sIQ", b"LXW1", *(sizes or (len(header), len(body)))) + header + body
def arrays(slot):
    send(frame(REPLY, message(whole(names=[0], slots=[slot]), bytes(8))))
def forged():
    send(frame(REPLY, message(whole(meta={'answer': 'forged'}))))
def whole(**more):
    return {"packed": False, "meta": {}, "names": {}, "slots": [], **more}
"""
_FRAMES = {
    "ready again": "send(frame(READY, b'[]'))",
    "ready without end": "while True: send(frame(READY, b'[\"a\"]') * 1000)",
    "unready": "send(frame(UNREADY, b'no'))",
    "begun again": "send(frame(BEGUN))",
    "changed": "send(frame(CHANGED, b'[\"a\"]'))",
    "changed without end": "while True: send(frame(CHANGED, b'[\"a\"]') * 1000)",
    "a job for the server": "send(frame(JOB, b'x'))",
    "a kind that there is not": "send(frame(77))",
    "nothing": "send(frame(0))",
    "garbage": "send(os.urandom(100_000))",
    "zeros": "send(bytes(100_000))",
    "progress without end": "while True: send(frame(PROGRESS, b'[0.5, \"a\"]') * 1000)",
    "progress of many digits": "send(frame(PROGRESS, b'[1' + b'0' * 400 + b', \"a\"]'))",
    "progress of more digits": "send(frame(PROGRESS, b'[1' + b'0' * 9000 + b', \"a\"]'))",
    "progress that is no number": "send(frame(PROGRESS, b'[NaN, \"a\"]'))",
    "progress without bound": "send(frame(PROGRESS, b'[1e999, \"a\"]'))",
    "progress nested": "send(frame(PROGRESS, b'[' * 60_000))",
    "progress of half a letter": "send(frame(PROGRESS, b'[0.1, \"\\\\ud800\"]'))",
    "progress that is no list": "send(frame(PROGRESS, b'{}'))",
    "progress of a megabyte": "send(frame(PROGRESS, json.dumps([0.1, 'x' * (1 << 20)]).encode()))",
    "parts without end": "while True: send(frame(PARTIAL, bytes(1 << 20)))",
    "a part that is none, and a wait": "send(frame(PARTIAL, b'x')); time.sleep(1000)",
    "too long": "send(frame(REPLY, b'', 1 << 40))",
    "longer than may be": "send(frame(REPLY, b'', (100 << 20)))",
    "long, and never sent": "send(frame(REPLY, b'', 70 << 20)); time.sleep(1000)",
    "drop by drop": "for byte in frame(REPLY, bytes(1000)):\n    send(bytes([byte])); time.sleep(0.05)",
    "half a head": "send(frame(REPLY)[:5]); os._exit(0)",
    "half a reply": "send(frame(REPLY, b'x' * 10, 100)); os._exit(0)",
    "an empty reply": "send(frame(REPLY))",
    "a reply that is none": "send(frame(REPLY, b'x' * 100))",
    "a wrong mark": "send(frame(REPLY, b'XXXX' + message(whole())[4:]))",
    "wrong sizes": "send(frame(REPLY, message(whole(), b'', (4000000000, 1 << 60))))",
    "no JSON": "send(frame(REPLY, message(b'{')))",
    "nested": "send(frame(REPLY, message(b'[' * 1_000_000)))",
    "a header that swells": "send(frame(REPLY, message(b'[' + b'{},' * 2_000_000 + b'{}]')))",
    "a header that is too long": "send(frame(REPLY, message(json.dumps(whole(meta={'a': 'x' * (4 << 20)})).encode())))",
    "no meta": "send(frame(REPLY, message({'packed': False})))",
    "meta that is no mapping": "send(frame(REPLY, message(whole(meta=[1]))))",
    "an array outside": "arrays(['float32', [1000], 0])",
    "an array before": "arrays(['float32', [1], -8])",
    "a shape without bound": "arrays(['float32', [2**27] * 30, 0])",
    "a shape of many zeros": "arrays(['float32', [0] * 33, 0])",
    "objects": "arrays(['O', [1], 0])",
    "a truth of 7": "send(frame(REPLY, message(whole(names=[0], slots=[['bool', [8], 0]]), b'\\7' * 8)))",
    "a name for nothing": "send(frame(REPLY, message(whole(names=[5]))))",
    "many arrays": "send(frame(REPLY, message(whole(names=[0] * 200_000, slots=[['bool', [0], 0]]))))",
    "half a letter": """
        text = json.dumps(whole(meta={'a': 'HALF'})).encode().replace(b'HALF', b'\\\\udfff')
        send(frame(REPLY, message(text)))""",
    "a problem that is none": "send(frame(PROBLEM, message(whole(meta={'what': 5}))))",
    "a problem without bound": """
        what = {'msgid': '{a}' * 1000, 'params': {'a': 'x' * 100_000}}
        send(frame(PROBLEM, message(whole(meta={'what': what, 'expected': '', 'received': '', 'where': '', 'detail': '',
            'repairs': [], 'trace': None, 'place': None, 'why': None, 'fixes': []}))))""",
    "a last problem": "send(frame(LAST, b''))",
}
_FORGED = {
    "a reply of its own": "forged()",
    "two replies": "send(frame(REPLY, message(whole(meta={'answer': 'forged'}))) * 2)",
    "a reply, and then all else": "forged()\nwhile True: send(bytes(1000))",
    "a part, and then the end": "send(frame(PARTIAL, message(whole(meta={'answer': 'forged'})))); os._exit(0)",
}
FRAMES = {name: HEAD + _SEND + textwrap.dedent(text) for name, text in _FRAMES.items()}
"""What the channel to the server may be sent. None of it is a reply, and none of it may do the server any harm."""
FORGED = {name: HEAD + _SEND + textwrap.dedent(text) for name, text in _FORGED.items()}
"""Replies that code makes itself, which it may: a result is its own affair. What comes after one is not heard."""

_FATAL = {
    "the interface of 32 bits": """
        code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        code.write(bytes.fromhex("b814000000cd80c3"))
        address = ctypes.addressof(ctypes.c_char.from_buffer(code))
        assert ctypes.CFUNCTYPE(ctypes.c_int)(address)() == os.getpid()""",
    "threads without end": """
        threading.stack_size(64 << 10)
        for _ in range(600):
            threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()""",
}
FATAL = {name: HEAD + textwrap.dedent(text) for name, text in _FATAL.items()}
"""Those that end the process, or leave nothing for others to run in."""
PATCHES = {
    "open": ("import builtins; builtins.open = len", "import builtins; answer = builtins.open is len"),
    "numpy": ("import numpy; numpy.add = 5", "import numpy; answer = numpy.add == 5"),
    "the wire": (
        "from explorer.engine.transport import wire; wire.encode = 5",
        "from explorer.engine.transport import wire; answer = wire.encode == 5",
    ),
    "the worker": (
        "from explorer.engine.processes import worker; worker.answer = 5",
        "from explorer.engine.processes import worker; answer = worker.answer == 5",
    ),
    "a module": ("import sys; sys.modules['planted'] = 5", "import sys; answer = 'planted' in sys.modules"),
    "the path": ("import sys; sys.path.append('/planted')", "import sys; answer = '/planted' in sys.path"),
    "the environment": ("import os; os.environ['a'] = 'b'", "import os; answer = 'a' in os.environ"),
    "a file of its folder": ("open('planted', 'w').close()", "import os; answer = os.path.exists('planted')"),
    "the import": ("import sys; sys.meta_path.insert(0, 5)", "import sys; answer = 5 in sys.meta_path"),
    "the trace": ("import sys; sys.settrace(lambda *_: None)", "import sys; answer = sys.gettrace() is not None"),
}
"""What code changes in its process, and whether the next code sees it."""
QUIET = {
    f"{group}: {name}": HEAD + textwrap.dedent(text)
    for group, attacks in {
        "read": READ,
        "environment": ENVIRONMENT,
        "write": WRITE,
        "network": NETWORK,
        "process": PROCESSES,
        "kernel": KERNEL,
        "undo": UNDO,
        "memory": MEMORY,
        "tensorflow": TENSORFLOW,
    }.items()
    for name, text in attacks.items()
}
"""Those that a wall refuses with an error: many of them run in one process, one after the other."""
