#pragma once
// Walks the extensions of a hello: RFC 8446 section 4.2.

#include <bitset>
#include <optional>
#include <vector>

#include "parser/byte_reader.hpp"
#include "parser/tls_types.hpp"

namespace legible::parser {

namespace extension_type {
inline constexpr ExtensionType server_name{0};
inline constexpr ExtensionType supported_groups{10};
inline constexpr ExtensionType ec_point_formats{11};
inline constexpr ExtensionType signature_algorithms{13};
inline constexpr ExtensionType alpn{16};
inline constexpr ExtensionType session_ticket{35};
inline constexpr ExtensionType pre_shared_key{41};
inline constexpr ExtensionType early_data{42};
inline constexpr ExtensionType supported_versions{43};
inline constexpr ExtensionType cookie{44};
inline constexpr ExtensionType certificate_authorities{47};
inline constexpr ExtensionType key_share{51};
}  // namespace extension_type

/// Reads `extensions` to its end, appending each type to `types`, in order, doubled ones too.
/// `visit(type, body)` gets the first extension of each type. A body that breaks its own rule does
/// not break the framing: the first such failure goes to `violation`, and the walk goes on.
template <class Visit>
void for_each_extension(ByteReader& extensions, std::vector<ExtensionType>& types,
                        std::optional<DecodeError>& violation, Visit visit) {
  std::bitset<65536> seen;  // a hello can hold 16383 extensions: no search through `types`
  while (!extensions.at_end()) {
    const std::size_t start = extensions.offset();
    const ExtensionType type{extensions.u16("extension_type")};
    ByteReader block = extensions.block16("extension_data");
    if (extensions.failed()) return;

    std::optional<DecodeError> error;
    if (seen[type.value]) {
      error = DecodeError{"extension_type", start};
    } else {
      ByteReader body(block.rest(), error, start + 4);
      visit(type, body);
    }
    seen[type.value] = true;
    types.push_back(type);
    if (error && !violation) violation = error;
  }
}

}  // namespace legible::parser
