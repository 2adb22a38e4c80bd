#include "parser/key_share.hpp"

#include "parser/byte_reader.hpp"
#include "parser/extensions.hpp"

namespace legible::parser {

std::span<const std::uint8_t> key_exchange_of(std::span<const std::uint8_t> client_hello,
                                              NamedGroup group) {
  constexpr std::size_t version_and_random = 2 + 32;
  std::optional<DecodeError> error;
  ByteReader reader(client_hello, error);
  reader.bytes(version_and_random, "random");
  reader.block8("legacy_session_id");
  reader.block16("cipher_suites");
  reader.block8("compression_methods");
  ByteReader extensions = reader.block16("extensions");

  std::span<const std::uint8_t> found;
  std::vector<ExtensionType> types;
  for_each_extension(extensions, types, error, [&](ExtensionType type, ByteReader& body) {
    if (type != extension_type::key_share) return;
    ByteReader shares = body.block16("client_shares");
    while (!shares.at_end() && found.empty()) {
      const NamedGroup offered{shares.u16("group")};
      const auto key = shares.block16("key_exchange").rest();
      if (offered == group) found = key;
    }
  });
  return found;
}

}  // namespace legible::parser
