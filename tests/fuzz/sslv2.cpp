// Any bytes as an SSL 2.0 hello of either side, from its two-byte length on.

#include "parser/sslv2.hpp"

#include <cstdint>
#include <cstdlib>
#include <span>

#include "parser/client_hello.hpp"

using namespace legible::parser;

namespace {

/// Only a record that is not whole may ask for more.
template <class T>
void check(const DecodeResult<T>& result, std::span<const std::uint8_t> record) {
  const bool whole =
      record.size() >= sslv2::header_size && record.size() >= sslv2::record_size(record);
  if (std::holds_alternative<NeedMore>(result) == whole) std::abort();
  const auto* error = std::get_if<DecodeError>(&result);
  if (error != nullptr && error->offset > record.size()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::uint8_t> record(data, size);
  check(decode_sslv2_client_hello(record), record);
  check(sslv2::decode_server_hello(record), record);
  return 0;
}
