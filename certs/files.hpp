#pragma once
// Reading files; those that only their owner may read, and those that appear whole or not at all
// (POSIX).

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace legible::certs {

/// All of it; nothing when it cannot be read, and errno says why.
std::optional<std::string> try_read_file(const std::filesystem::path& path);

/// All of it. Throws std::runtime_error "cannot read FILE: reason".
std::string read_file(const std::filesystem::path& path);

/// As `read_file`, of a file that nobody but its owner may read. Throws also when others may.
std::string read_private_file(const std::filesystem::path& path);

/// Makes a directory and those above it, 0700 each; those that exist stay as they are.
void make_private_directory(const std::filesystem::path& path);

enum class Readers : bool { owner, everyone };

/// A file under another name until it is whole. Throws std::runtime_error when it cannot be
/// written; nothing stays then. Only one process at a time may write to one path.
class StagedFile {
 public:
  StagedFile(std::filesystem::path path, std::string_view text, Readers readers);
  ~StagedFile();
  StagedFile(const StagedFile&) = delete;
  StagedFile& operator=(const StagedFile&) = delete;

  /// Gives it its name, in place of a file that has it.
  void publish();

 private:
  std::filesystem::path path_;
  std::filesystem::path staged_;
};

/// Held by one process, and one thread, at a time; made where there is none, and left.
class FileLock {
 public:
  explicit FileLock(const std::filesystem::path& path);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int descriptor_;
};

}  // namespace legible::certs
