#pragma once
// Content with codings, for tests of what undoes them.

#include <zlib.h>
#include <zstd.h>

#include <stdexcept>
#include <string_view>

#include "support/bytes.hpp"

namespace legible::test {

/// zlib's windowBits say the wrapping: 31 gzip, 15 zlib, -15 none.
inline Bytes deflated(const Bytes& content, int window_bits) {
  z_stream stream{};
  if (::deflateInit2(&stream, 9, Z_DEFLATED, window_bits, 9, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("zlib");
  }
  Bytes coded(::deflateBound(&stream, content.size()));
  stream.next_in = const_cast<Bytef*>(content.data());
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = coded.data();
  stream.avail_out = static_cast<uInt>(coded.size());
  ::deflate(&stream, Z_FINISH);
  coded.resize(stream.total_out);
  ::deflateEnd(&stream);
  return coded;
}

inline Bytes gzipped(const Bytes& content) { return deflated(content, 16 + MAX_WBITS); }

inline Bytes zstd_coded(const Bytes& content) {
  Bytes coded(::ZSTD_compressBound(content.size()));
  coded.resize(::ZSTD_compress(coded.data(), coded.size(), content.data(), content.size(), 3));
  return coded;
}

}  // namespace legible::test
