#include "proxy/tls/early_data_filter.hpp"

#include <utility>

#include "parser/server_hello.hpp"

namespace legible::proxy::tls {
namespace {

constexpr std::size_t header_size = 5;

}  // namespace

void EarlyDataFilter::on_server_hello(parser::CipherSuite suite) {
  if (std::exchange(has_keys_, true)) return;
  parser::ServerHello hello{};
  hello.version = parser::tls13;
  hello.cipher = suite;
  decryptor_.on_server_hello(hello);
}

void EarlyDataFilter::add(std::span<const std::uint8_t> bytes) {
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

std::vector<std::uint8_t> EarlyDataFilter::next() {
  while (!over_ && buffer_.size() >= header_size) {
    const std::size_t size = header_size + (std::size_t{buffer_[3]} << 8 | std::size_t{buffer_[4]});
    if (buffer_.size() < size) break;
    const auto end = buffer_.begin() + static_cast<std::ptrdiff_t>(size);
    std::vector<std::uint8_t> record(buffer_.begin(), end);
    buffer_.erase(buffer_.begin(), end);
    if (record[0] == parser::content_type::handshake.value && ++hellos_ == 2) over_ = true;
    if (record[0] != parser::content_type::application_data.value) return record;
    const auto all = std::span{std::as_const(record)};
    if (has_keys_ && decryptor_.decrypt(parser::Side::client, all.first<header_size>(),
                                        all.subspan(header_size))) {
      over_ = true;
      return record;
    }
  }
  return over_ ? std::exchange(buffer_, {}) : std::vector<std::uint8_t>{};
}

}  // namespace legible::proxy::tls
