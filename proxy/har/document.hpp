#pragma once
// An HTTP archive as a file that is whole whenever somebody reads it.
//
// Each entry is a line, behind which the document's end always stands. A new entry is written over
// that end, with the end appended, in one call, after the room for it has been reserved: a disk
// that is full changes nothing. Linux lets a process that is killed finish the memory page that it
// writes (generic_perform_write), so that an entry within one page is there or not. One that
// crosses pages can be cut while it is copied; opening the file again mends it.

#include <cstdint>
#include <string>
#include <string_view>

#include "proxy/net/file_descriptor.hpp"

namespace legible::proxy::har {

/// For one thread.
class Document {
 public:
  /// What opening it found.
  enum class Found : std::uint8_t { nothing, archive, cut_archive };

  /// Makes the file, for its owner alone, or continues an archive that is there; one that was cut
  /// loses the entry that is not whole. Throws std::system_error when it cannot be written, is no
  /// archive of this program, or another process writes it.
  explicit Document(const std::string& path);

  Found found() const { return found_; }

  /// Adds one entry, without line breaks. Returns 0, or the errno for which the document is as it
  /// was before.
  int append(std::string_view entry);

  /// Opens the path again, after the file was moved away; as the constructor. When it throws, the
  /// old file is kept.
  void reopen();

 private:
  int make();
  void continue_archive(std::uint64_t size);
  bool is_still_there() const;
  int begin_again_if_emptied();
  int write(std::string_view text);

  std::string path_;
  FileDescriptor file_;
  std::uint64_t end_ = 0;  ///< where the next entry is written: where the document's end begins
  bool empty_ = true;
  Found found_ = Found::nothing;
  std::string buffer_;
};

}  // namespace legible::proxy::har
