#include "certs/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "certs/wiped.hpp"

namespace legible::certs {
namespace {

constexpr mode_t owner_only = 0600;
constexpr mode_t readable = 0644;

[[noreturn]] void fail(std::string_view what, const std::filesystem::path& path) {
  throw std::runtime_error(
      fmt::format("cannot {} {}: {}", what, path.string(), std::strerror(errno)));
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return number_; }
  int release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

int open_file(const std::filesystem::path& path, int flags, mode_t mode = 0) {
  int number = -1;
  do {
    number = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  } while (number < 0 && errno == EINTR);
  return number;
}

std::optional<std::string> read_all(const Descriptor& file) {
  if (file.get() < 0) return std::nullopt;
  struct stat status{};
  std::string text;
  // What grows leaves copies behind, and it may be a key.
  if (::fstat(file.get(), &status) == 0 && status.st_size > 0) {
    text.reserve(static_cast<std::size_t>(status.st_size));
  }
  Wiped<std::array<char, 16384>> part;
  for (;;) {
    const ssize_t size = ::read(file.get(), part->data(), part->size());
    if (size == 0) return text;
    if (size > 0) {
      text.append(part->data(), static_cast<std::size_t>(size));
    } else if (errno != EINTR) {
      return std::nullopt;
    }
  }
}

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t size = ::write(descriptor, text.data(), text.size());
    if (size < 0 && errno != EINTR) return false;
    if (size > 0) text.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

}  // namespace

std::optional<std::string> try_read_file(const std::filesystem::path& path) {
  return read_all(Descriptor(open_file(path, O_RDONLY)));
}

std::string read_file(const std::filesystem::path& path) {
  auto text = try_read_file(path);
  if (!text) fail("read", path);
  return *std::move(text);
}

std::string read_private_file(const std::filesystem::path& path) {
  const Descriptor file(open_file(path, O_RDONLY));
  struct stat status{};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0) fail("read", path);
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    throw std::runtime_error(fmt::format(
        "{}: others can use this private key (mode {:04o}): chmod 600 it, or replace it "
        "if somebody may have read it",
        path.string(), status.st_mode & 07777u));
  }
  auto text = read_all(file);
  if (!text) fail("read", path);
  return *std::move(text);
}

void make_private_directory(const std::filesystem::path& path) {
  std::filesystem::path made;
  for (const auto& part : path) {
    made /= part;
    if (made.empty() || ::mkdir(made.c_str(), S_IRWXU) == 0 || errno == EEXIST) continue;
    // "/", or a file system that may not be written, above what is there.
    if (std::error_code ignored; std::filesystem::is_directory(made, ignored)) continue;
    fail("make the directory", made);
  }
  if (!std::filesystem::is_directory(path)) {
    throw std::runtime_error(fmt::format("{} is no directory", path.string()));
  }
}

StagedFile::StagedFile(std::filesystem::path path, std::string_view text, Readers readers)
    : path_(std::move(path)), staged_(path_) {
  staged_ += ".new";
  // Of a process that was killed.
  ::unlink(staged_.c_str());
  const mode_t mode = readers == Readers::owner ? owner_only : readable;
  const Descriptor file(open_file(staged_, O_WRONLY | O_CREAT | O_EXCL, mode));
  if (file.get() < 0) fail("write", path_);
  if (!write_all(file.get(), text) || ::fsync(file.get()) != 0) {
    const int reason = errno;
    ::unlink(staged_.c_str());
    errno = reason;
    fail("write", path_);
  }
}

StagedFile::~StagedFile() {
  if (!staged_.empty()) ::unlink(staged_.c_str());
}

void StagedFile::publish() {
  if (::rename(staged_.c_str(), path_.c_str()) != 0) fail("write", path_);
  staged_.clear();
}

FileLock::FileLock(const std::filesystem::path& path) : descriptor_(-1) {
  Descriptor file(open_file(path, O_RDWR | O_CREAT, owner_only));
  if (file.get() < 0) fail("write", path);
  while (::flock(file.get(), LOCK_EX) != 0) {
    if (errno != EINTR) fail("lock", path);
  }
  descriptor_ = file.release();
}

FileLock::~FileLock() { ::close(descriptor_); }

}  // namespace legible::certs
