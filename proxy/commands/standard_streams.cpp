#include "proxy/commands/standard_streams.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace legible::proxy {

void print_out(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) {
    return;
  }
  throw std::system_error(errno, std::generic_category(), "cannot write to standard output");
}

void occupy_standard_streams() {
  // Open gives the lowest free number; it is kept when it is one of those three.
  int descriptor = 0;
  while (descriptor <= STDERR_FILENO) {
    descriptor = ::open("/dev/null", O_RDWR);
    if (descriptor < 0) return;
  }
  ::close(descriptor);
}

}  // namespace legible::proxy
