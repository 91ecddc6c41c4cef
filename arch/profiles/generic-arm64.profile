summary an Arm machine that is not known
match arch=aarch64

io-threads granted  # every vCPU of the usual Arm servers is a core of its own
event-loop auto     # io_uring where a system call is dear, as measured at the start: a turn costs one then; else epoll
host.rps off        # Arm servers have a core for every queue
host.thp madvise    # the server asks for huge pages where they help; elsewhere they cost memory
