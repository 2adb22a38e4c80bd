#include "proxy/tls/record_buffers.hpp"

#include <mbedtls/platform.h>
#include <mbedtls/platform_util.h>
#include <mbedtls/ssl.h>

#include <algorithm>
#include <cstddef>
#include <new>
#include <utility>
#include <vector>

namespace legible::proxy::tls {
namespace {

// The longest record (RFC 5246 section 6.2.3: 2^14 + 2048), its header, and a sequence number in
// front of it. mbedTLS's own buffers are shorter.
constexpr std::size_t buffer_size = (1 << 14) + 2048 + 5 + 8;
static_assert(MBEDTLS_SSL_IN_CONTENT_LEN <= 1 << 14 && MBEDTLS_SSL_OUT_CONTENT_LEN <= 1 << 14);

/// Buffers of one thread that nobody uses now.
class Pool {
 public:
  Pool() = default;
  ~Pool() {
    for (unsigned char* buffer : free_) destroy(buffer);
  }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  unsigned char* take() {
    if (free_.empty()) {
      auto* fresh = static_cast<unsigned char*>(mbedtls_calloc(1, buffer_size));
      if (fresh == nullptr) throw std::bad_alloc();
      return fresh;
    }
    unsigned char* buffer = free_.back();
    free_.pop_back();
    return buffer;
  }

  void put(unsigned char* buffer) {
    if (free_.size() == most) return destroy(buffer);
    free_.push_back(buffer);
  }

 private:
  // Both sessions of a connection can be busy at once, and more than one connection never is.
  static constexpr std::size_t most = 4;

  static void destroy(unsigned char* buffer) {
    mbedtls_platform_zeroize(buffer, buffer_size);
    mbedtls_free(buffer);
  }

  std::vector<unsigned char*> free_;
};

Pool& pool() {
  thread_local Pool own;
  return own;
}

/// Nothing in the buffers is needed any more: no part of a record, no content not yet read.
bool nothing_kept(mbedtls_ssl_context& ssl) {
  return mbedtls_ssl_is_handshake_over(&ssl) == 1 && ssl.MBEDTLS_PRIVATE(in_left) == 0 &&
         ssl.MBEDTLS_PRIVATE(in_offt) == nullptr && ssl.MBEDTLS_PRIVATE(in_hslen) == 0 &&
         ssl.MBEDTLS_PRIVATE(keep_current_message) == 0 && ssl.MBEDTLS_PRIVATE(out_left) == 0;
}

// Into the buffers, from their beginnings. In TLS 1.2 they depend on the cipher.
using Pointer = unsigned char* mbedtls_ssl_context::*;
constexpr std::array<Pointer, record_pointers> input_pointers{
    &mbedtls_ssl_context::MBEDTLS_PRIVATE(in_ctr), &mbedtls_ssl_context::MBEDTLS_PRIVATE(in_hdr),
    &mbedtls_ssl_context::MBEDTLS_PRIVATE(in_len), &mbedtls_ssl_context::MBEDTLS_PRIVATE(in_iv),
    &mbedtls_ssl_context::MBEDTLS_PRIVATE(in_msg)};
constexpr std::array<Pointer, record_pointers> output_pointers{
    &mbedtls_ssl_context::MBEDTLS_PRIVATE(out_ctr), &mbedtls_ssl_context::MBEDTLS_PRIVATE(out_hdr),
    &mbedtls_ssl_context::MBEDTLS_PRIVATE(out_len), &mbedtls_ssl_context::MBEDTLS_PRIVATE(out_iv),
    &mbedtls_ssl_context::MBEDTLS_PRIVATE(out_msg)};

/// Takes the buffer out of `ssl`; where its pointers were goes to `offsets`.
unsigned char* detach(mbedtls_ssl_context& ssl, Pointer buffer,
                      const std::array<Pointer, record_pointers>& pointers,
                      std::array<std::uint8_t, record_pointers>& offsets) {
  unsigned char* detached = std::exchange(ssl.*buffer, nullptr);
  for (std::size_t i = 0; i < record_pointers; ++i) {
    offsets[i] = static_cast<std::uint8_t>(std::exchange(ssl.*pointers[i], nullptr) - detached);
  }
  return detached;
}

void attach(mbedtls_ssl_context& ssl, Pointer buffer, unsigned char* attached,
            const std::array<Pointer, record_pointers>& pointers,
            const std::array<std::uint8_t, record_pointers>& offsets) {
  ssl.*buffer = attached;
  for (std::size_t i = 0; i < record_pointers; ++i) ssl.*pointers[i] = attached + offsets[i];
}

constexpr Pointer input = &mbedtls_ssl_context::MBEDTLS_PRIVATE(in_buf);
constexpr Pointer output = &mbedtls_ssl_context::MBEDTLS_PRIVATE(out_buf);

}  // namespace

RecordBuffers::Use::Use(RecordBuffers& buffers, mbedtls_ssl_context& ssl)
    : buffers_(buffers), ssl_(ssl) {
  if (buffers_.users_++ == 0 && buffers_.away_) buffers_.give_back(ssl_);
}

RecordBuffers::Use::~Use() {
  if (--buffers_.users_ == 0 && nothing_kept(ssl_)) buffers_.take_away(ssl_);
}

void RecordBuffers::take_away(mbedtls_ssl_context& ssl) {
  std::copy_n(ssl.*input, sequence_number_.size(), sequence_number_.begin());
  for (unsigned char* buffer : {detach(ssl, input, input_pointers, input_offsets_),
                                detach(ssl, output, output_pointers, output_offsets_)}) {
    // mbedTLS's own are shorter than the pool's.
    pooled_ ? pool().put(buffer) : mbedtls_free(buffer);
  }
  away_ = true;
}

void RecordBuffers::give_back(mbedtls_ssl_context& ssl) {
  attach(ssl, input, pool().take(), input_pointers, input_offsets_);
  attach(ssl, output, pool().take(), output_pointers, output_offsets_);
  std::ranges::copy(sequence_number_, ssl.*input);
  away_ = false;
  pooled_ = true;
}

}  // namespace legible::proxy::tls
