#pragma once
// mbedTLS keeps two buffers of a record's size, 33 kB, for as long as a session lives, and needs
// them only while bytes go through it. An open session that waits leaves them to others.

#include <array>
#include <cstddef>
#include <cstdint>

struct mbedtls_ssl_context;

namespace legible::proxy::tls {

/// mbedTLS's pointers into each buffer.
inline constexpr std::size_t record_pointers = 5;

class RecordBuffers {
 public:
  /// While one lives, `ssl` has its buffers.
  class Use {
   public:
    Use(RecordBuffers& buffers, mbedtls_ssl_context& ssl);
    ~Use();
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

   private:
    RecordBuffers& buffers_;
    mbedtls_ssl_context& ssl_;
  };

 private:
  void give_back(mbedtls_ssl_context& ssl);
  void take_away(mbedtls_ssl_context& ssl);

  /// The number of the next record that comes, which mbedTLS keeps at the buffer's beginning.
  std::array<std::uint8_t, 8> sequence_number_{};
  std::array<std::uint8_t, record_pointers> input_offsets_{};
  std::array<std::uint8_t, record_pointers> output_offsets_{};
  int users_ = 0;
  bool away_ = false;
  bool pooled_ = false;  ///< they came from the pool once, so that their size is known
};

}  // namespace legible::proxy::tls
