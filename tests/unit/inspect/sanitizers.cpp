// What LeakSanitizer is not to report: a forked child lacks the server's thread, and with it what
// the stack of that thread alone pointed to.

#ifdef __SANITIZE_ADDRESS__
extern "C" const char* __lsan_default_suppressions();

const char* __lsan_default_suppressions() { return "leak:boost::asio\n"; }
#endif
