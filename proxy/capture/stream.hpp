#pragma once
// A C stream with an owner: libpcap reads no other kind.

#include <cstdio>
#include <memory>

namespace legible::capture {

struct CloseStream {
  void operator()(std::FILE* stream) const {
    if (stream != stdin) std::fclose(stream);
  }
};

/// Closes itself; standard input stays open.
using Stream = std::unique_ptr<std::FILE, CloseStream>;

/// Opens a file for reading; null when that fails (see errno).
inline Stream open_stream(const char* path) { return Stream{std::fopen(path, "rb")}; }

}  // namespace legible::capture
