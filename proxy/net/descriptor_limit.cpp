#include "proxy/net/descriptor_limit.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include <cerrno>
#include <stdexcept>

#include "proxy/net/file_descriptor.hpp"

namespace legible::proxy {
namespace {

// One for each leg.
constexpr std::size_t descriptors_per_connection = 2;
// For name lookups, a log that is reopened, and second attempts to connect.
constexpr std::size_t kept_free = 12;

}  // namespace

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

std::size_t connections_for_free_descriptors() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  // The lowest free descriptor is about as high as the number in use.
  const FileDescriptor lowest_free{open("/dev/null", O_RDONLY | O_CLOEXEC)};
  const std::size_t used =
      lowest_free ? static_cast<std::size_t>(lowest_free.get()) : limit.rlim_cur;
  if (used + kept_free + descriptors_per_connection > limit.rlim_cur) {
    throw std::runtime_error(
        fmt::format("the limit of {} open files is too low to serve anyone", limit.rlim_cur));
  }
  return (limit.rlim_cur - used - kept_free) / descriptors_per_connection;
}

bool is_shortage(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace legible::proxy
