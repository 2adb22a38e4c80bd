#include "proxy/har/document.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <tuple>
#include <utility>

namespace legible::proxy::har {
namespace {

/// Firefox wants pages, if only an empty list.
constexpr std::string_view first_line =
    R"({"log":{"version":"1.2","creator":{"name":"legible","version":")" LEGIBLE_VERSION
    R"("},"pages":[],"entries":[)";
/// What another version's file begins with, too.
constexpr std::string_view any_first_line =
    R"({"log":{"version":"1.2","creator":{"name":"legible",)";
constexpr std::string_view document_end = "\n]}}\n";
constexpr std::string_view entry_begin = "\n{";

[[noreturn]] void fail(const std::string& path, std::string_view what, int error) {
  throw std::system_error(error, std::generic_category(), path + ": " + std::string(what));
}

/// All of `text`, or an errno.
int write_all(int file, std::string_view text, std::uint64_t at) {
  while (!text.empty()) {
    const ssize_t written = ::pwrite(file, text.data(), text.size(), static_cast<off_t>(at));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return written < 0 ? errno : EIO;
    text.remove_prefix(static_cast<std::size_t>(written));
    at += static_cast<std::uint64_t>(written);
  }
  return 0;
}

/// As many bytes as there are.
std::string read_at(int file, std::uint64_t at, std::size_t size) {
  std::string text(size, '\0');
  std::size_t have = 0;
  while (have < size) {
    const ssize_t count =
        ::pread(file, text.data() + have, size - have, static_cast<off_t>(at + have));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    have += static_cast<std::size_t>(count);
  }
  text.resize(have);
  return text;
}

/// Where in the file `wanted` begins for the last time; 0: nowhere behind the first line.
std::uint64_t find_last(int file, std::uint64_t size, std::string_view wanted) {
  constexpr std::uint64_t step = 1 << 16;
  while (size >= first_line.size() + wanted.size()) {
    const std::uint64_t from = size - std::min(size, step);
    const std::size_t at = read_at(file, from, static_cast<std::size_t>(size - from)).rfind(wanted);
    if (at != std::string::npos) return from + at;
    if (from == 0) break;
    // It may lie across the border.
    size = from + wanted.size() - 1;
  }
  return 0;
}

/// A copy on the same disk costs nothing where the room is there already. Where the file system
/// cannot reserve, writing tells.
int reserve(int file, std::uint64_t at, std::size_t size) {
  const int result =
      ::fallocate(file, FALLOC_FL_KEEP_SIZE, static_cast<off_t>(at), static_cast<off_t>(size));
  if (result == 0 || errno == EOPNOTSUPP || errno == ENOSYS || errno == EINTR) return 0;
  return errno;
}

}  // namespace

Document::Document(const std::string& path) : path_(path) {
  file_ = FileDescriptor(
      ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600));
  if (!file_) fail(path, "cannot be opened", errno);
  struct stat status{};
  if (::fstat(file_.get(), &status) != 0) fail(path, "cannot be opened", errno);
  if (!S_ISREG(status.st_mode)) fail(path, "is no regular file", EINVAL);
  // A file system without locks is no reason to refuse.
  if (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    fail(path, "another process writes it", errno);
  }
  // It holds what cookies and credentials are there.
  const bool others_can = (status.st_mode & (S_IRWXG | S_IRWXO)) != 0;
  if (status.st_size > 0) {
    continue_archive(static_cast<std::uint64_t>(status.st_size));
  } else if (const int error = make()) {
    fail(path, "cannot be written", error);
  }
  if (others_can && ::fchmod(file_.get(), 0600) != 0) fail(path, "cannot be made private", errno);
}

int Document::make() {
  end_ = first_line.size();
  empty_ = true;
  return write_all(file_.get(), std::string(first_line).append(document_end), 0);
}

void Document::continue_archive(std::uint64_t size) {
  if (read_at(file_.get(), 0, any_first_line.size()) != any_first_line) {
    fail(path_, "is there, and no archive that can be continued", EEXIST);
  }
  found_ = Found::archive;
  const std::uint64_t tail = std::min<std::uint64_t>(size, document_end.size());
  if (read_at(file_.get(), size - tail, document_end.size()) == document_end) {
    end_ = size - tail;
    empty_ = find_last(file_.get(), size, entry_begin) == 0;
    return;
  }
  found_ = Found::cut_archive;
  // The last entry is not whole: the comma before it goes with it.
  const std::uint64_t cut = find_last(file_.get(), size, entry_begin);
  if (cut == 0) {
    // Of the first one, perhaps of the first line.
    int error = ::ftruncate(file_.get(), 0) == 0 ? 0 : errno;
    if (error == 0) error = make();
    if (error != 0) fail(path_, "cannot be mended", error);
    return;
  }
  empty_ = read_at(file_.get(), cut - 1, 1) != ",";
  end_ = empty_ ? cut : cut - 1;
  int error = write_all(file_.get(), document_end, end_);
  const auto whole = static_cast<off_t>(end_ + document_end.size());
  if (error == 0 && ::ftruncate(file_.get(), whole) != 0) error = errno;
  if (error != 0) fail(path_, "cannot be mended", error);
}

int Document::append(std::string_view entry) {
  if (const int error = begin_again_if_emptied()) return error;
  buffer_ = empty_ ? "\n" : ",\n";
  buffer_ += entry;
  buffer_ += document_end;
  const int error = write(buffer_);
  constexpr std::size_t kept_capacity = 256 * 1024;
  if (error == 0) {
    end_ += buffer_.size() - document_end.size();
    empty_ = false;
  }
  if (buffer_.capacity() > kept_capacity) buffer_ = std::string();
  return error;
}

/// Room may have been made by emptying this very file.
int Document::begin_again_if_emptied() {
  struct stat status{};
  if (::fstat(file_.get(), &status) != 0) return errno;
  if (static_cast<std::uint64_t>(status.st_size) >= end_) return 0;
  return ::ftruncate(file_.get(), 0) == 0 ? make() : errno;
}

/// On a failure the end that was there is written again: its room is the file's already.
int Document::write(std::string_view text) {
  if (const int error = reserve(file_.get(), end_, text.size())) return error;
  const int error = write_all(file_.get(), text, end_);
  if (error == 0) return 0;
  write_all(file_.get(), document_end, end_);
  // What is left behind it is tried again by the next entry.
  std::ignore = ::ftruncate(file_.get(), static_cast<off_t>(end_ + document_end.size()));
  return error;
}

bool Document::is_still_there() const {
  struct stat named{};
  struct stat open{};
  return ::stat(path_.c_str(), &named) == 0 && ::fstat(file_.get(), &open) == 0 &&
         named.st_dev == open.st_dev && named.st_ino == open.st_ino;
}

void Document::reopen() {
  if (!is_still_there()) *this = Document(path_);
}

}  // namespace legible::proxy::har
