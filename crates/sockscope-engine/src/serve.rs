//! Serves any number of listeners from one process, on epoll.
