summary an Arm machine that is not known
match arch=aarch64

io-threads granted  # every vCPU of the usual Arm servers is a core of its own
event-loop auto     # io_uring where the kernel has it (6.1 and newer) and lets us: a turn costs one system call then; else epoll
host.rps off        # Arm servers have a core for every queue
host.thp madvise    # the server asks for huge pages where they help; elsewhere they cost memory
