#include "proxy/har/content_decoder.hpp"

#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <memory>
#include <new>
#include <utility>

#include "parser/ascii.hpp"

namespace legible::proxy {
namespace {

using Bytes = std::span<const std::uint8_t>;
using State = DecodedContent::State;

/// Where a decoder writes: it grows with what is written, up to a limit.
class Output {
 public:
  explicit Output(std::size_t limit) : limit_(limit) {}

  /// Room for at least one byte; empty at the limit.
  std::span<std::uint8_t> room() {
    constexpr std::size_t first = 4096;
    if (bytes_.size() == used_) bytes_.resize(std::min(limit_, std::max(first, 2 * used_)));
    return std::span(bytes_).subspan(used_);
  }
  void wrote(std::size_t count) { used_ += count; }
  bool full() const { return used_ == limit_; }

  DecodedContent end(State state) {
    bytes_.resize(used_);
    return {std::move(bytes_), state};
  }

 private:
  std::size_t limit_;
  std::size_t used_ = 0;
  std::vector<std::uint8_t> bytes_;
};

// One byte more than the limit tells content that just fits from content that does not.
DecodedContent within(std::size_t limit, DecodedContent content) {
  if (content.bytes.size() <= limit) return content;
  content.bytes.resize(limit);
  content.state = State::cut;
  return content;
}

enum class Wrapping : int { gzip = 16 + MAX_WBITS, zlib = MAX_WBITS, none = -MAX_WBITS };

/// A gzip file can have several members, which are decoded one behind the other (RFC 1952
/// section 2.2).
DecodedContent inflate_content(Bytes coded, std::size_t limit, Wrapping wrapping) {
  z_stream stream{};
  if (::inflateInit2(&stream, static_cast<int>(wrapping)) != Z_OK) throw std::bad_alloc();
  const std::unique_ptr<z_stream, int (*)(z_streamp)> ends(&stream, ::inflateEnd);
  // zlib reads what it calls not const.
  stream.next_in = const_cast<Bytef*>(coded.data());
  stream.avail_in = static_cast<uInt>(coded.size());
  Output output(limit);
  while (!output.full()) {
    const auto room = output.room();
    stream.next_out = room.data();
    stream.avail_out = static_cast<uInt>(room.size());
    const int result = ::inflate(&stream, Z_NO_FLUSH);
    output.wrote(room.size() - stream.avail_out);
    const bool stuck = stream.avail_in == 0 && stream.avail_out > 0;
    if (result == Z_STREAM_END) {
      const bool another =
          wrapping == Wrapping::gzip && stream.avail_in > 0 && *stream.next_in == 0x1f;
      if (!another) return output.end(State::whole);
      ::inflateReset(&stream);
    } else if (result == Z_MEM_ERROR) {
      throw std::bad_alloc();
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      return output.end(State::corrupt);
    } else if (stuck) {
      return output.end(State::incomplete);
    }
  }
  return output.end(State::cut);
}

/// "deflate" is zlib's format (RFC 9110 section 8.4.1.2), and often sent without its wrapping.
DecodedContent inflate_either(Bytes coded, std::size_t limit) {
  DecodedContent wrapped = inflate_content(coded, limit, Wrapping::zlib);
  if (wrapped.state != State::corrupt || !wrapped.bytes.empty()) return wrapped;
  return inflate_content(coded, limit, Wrapping::none);
}

DecodedContent decode_brotli(Bytes coded, std::size_t limit) {
  const std::unique_ptr<BrotliDecoderState, void (*)(BrotliDecoderState*)> decoder(
      ::BrotliDecoderCreateInstance(nullptr, nullptr, nullptr), ::BrotliDecoderDestroyInstance);
  if (!decoder) throw std::bad_alloc();
  const std::uint8_t* next_in = coded.data();
  std::size_t left = coded.size();
  Output output(limit);
  while (!output.full()) {
    const auto room = output.room();
    std::uint8_t* next_out = room.data();
    std::size_t free = room.size();
    const BrotliDecoderResult result =
        ::BrotliDecoderDecompressStream(decoder.get(), &left, &next_in, &free, &next_out, nullptr);
    output.wrote(room.size() - free);
    if (result == BROTLI_DECODER_RESULT_SUCCESS) return output.end(State::whole);
    if (result == BROTLI_DECODER_RESULT_ERROR) return output.end(State::corrupt);
    if (result == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT) return output.end(State::incomplete);
  }
  return output.end(State::cut);
}

DecodedContent decode_zstd(Bytes coded, std::size_t limit) {
  // RFC 9659: as "zstd" in HTTP, a window has at most 8 MiB.
  constexpr int largest_window_bits = 23;
  const std::unique_ptr<ZSTD_DStream, std::size_t (*)(ZSTD_DStream*)> decoder(
      ::ZSTD_createDStream(), ::ZSTD_freeDStream);
  if (!decoder) throw std::bad_alloc();
  ::ZSTD_DCtx_setParameter(decoder.get(), ZSTD_d_windowLogMax, largest_window_bits);
  ZSTD_inBuffer in{coded.data(), coded.size(), 0};
  Output output(limit);
  while (!output.full()) {
    const auto room = output.room();
    ZSTD_outBuffer out{room.data(), room.size(), 0};
    const std::size_t result = ::ZSTD_decompressStream(decoder.get(), &out, &in);
    output.wrote(out.pos);
    if (::ZSTD_isError(result) != 0) return output.end(State::corrupt);
    const bool read = in.pos == in.size;
    if (read && result == 0) return output.end(State::whole);
    if (read && out.pos < out.size) return output.end(State::incomplete);
  }
  return output.end(State::cut);
}

DecodedContent decode_one(std::string_view coding, Bytes coded, std::size_t limit) {
  using parser::same_in_any_case;
  // RFC 9110 section 8.4.1.3: x-gzip is gzip.
  if (same_in_any_case(coding, "gzip") || same_in_any_case(coding, "x-gzip")) {
    return inflate_content(coded, limit, Wrapping::gzip);
  }
  if (same_in_any_case(coding, "deflate")) return inflate_either(coded, limit);
  if (same_in_any_case(coding, "br")) return decode_brotli(coded, limit);
  if (same_in_any_case(coding, "zstd")) return decode_zstd(coded, limit);
  return {{}, State::unknown};
}

/// In the order of the field; without identity.
std::vector<std::string_view> listed(std::string_view field) {
  std::vector<std::string_view> codings;
  constexpr std::string_view blank = " \t";
  while (!field.empty()) {
    const std::size_t comma = std::min(field.find(','), field.size());
    std::string_view coding = field.substr(0, comma);
    field.remove_prefix(std::min(comma + 1, field.size()));
    coding.remove_prefix(std::min(coding.find_first_not_of(blank), coding.size()));
    coding = coding.substr(0, coding.find_last_not_of(blank) + 1);
    if (!coding.empty() && !parser::same_in_any_case(coding, "identity")) codings.push_back(coding);
  }
  return codings;
}

}  // namespace

DecodedContent decode_content(std::string_view codings, Bytes content, const DecodeLimits& limits) {
  DecodedContent decoded{{content.begin(), content.end()}, State::whole};
  std::vector<std::string_view> applied = listed(codings);
  if (applied.size() > limits.codings) return {{}, State::unknown};
  const std::size_t limit = std::min(limits.bytes, limits.ratio * content.size());
  for (; !applied.empty() && !decoded.bytes.empty(); applied.pop_back()) {
    const State before = decoded.state;
    decoded = within(limit, decode_one(applied.back(), decoded.bytes, limit + 1));
    if (decoded.state == State::unknown) break;
    // What the outer coding lost, the inner one lacks.
    if (before != State::whole) decoded.state = before;
  }
  return decoded;
}

}  // namespace legible::proxy
