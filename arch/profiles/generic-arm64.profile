summary an Arm machine that is not known
match arch=aarch64

io-threads granted  # every vCPU of the usual Arm servers is a core of its own
event-loop epoll    # on the kernels measured io_uring ties without pipelines and loses with them
host.rps off        # Arm servers have a core for every queue
host.thp madvise    # the server asks for huge pages where they help; elsewhere they cost memory
