#pragma once
// Walks the extensions of a hello: RFC 8446 section 4.2.

#include <algorithm>
#include <array>
#include <bitset>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
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
inline constexpr ExtensionType encrypt_then_mac{22};
inline constexpr ExtensionType extended_master_secret{23};
inline constexpr ExtensionType session_ticket{35};
inline constexpr ExtensionType pre_shared_key{41};
inline constexpr ExtensionType early_data{42};
inline constexpr ExtensionType supported_versions{43};
inline constexpr ExtensionType cookie{44};
inline constexpr ExtensionType certificate_authorities{47};
inline constexpr ExtensionType key_share{51};
inline constexpr ExtensionType renegotiation_info{65281};
}  // namespace extension_type

/// The types that came so far. A hello can hold 16383 extensions and has about twenty: a search
/// among these touches less memory than a table of all types, which is made for longer hellos
/// alone.
class SeenTypes {
 public:
  /// False when it had come before.
  bool add(ExtensionType type) {
    if (!table_) {
      const auto known = std::span(few_).first(count_);
      if (std::ranges::find(known, type.value) != known.end()) return false;
      if (count_ < few_.size()) {
        few_[count_++] = type.value;
        return true;
      }
      table_ = std::make_unique<std::bitset<65536>>();
      for (const std::uint16_t earlier : known) table_->set(earlier);
    }
    const bool fresh = !table_->test(type.value);
    table_->set(type.value);
    return fresh;
  }

 private:
  std::array<std::uint16_t, 32> few_{};
  std::size_t count_ = 0;
  std::unique_ptr<std::bitset<65536>> table_;
};

/// Reads `extensions` to its end, appending each type to `types`, in order, doubled ones too.
/// `visit(type, body)` gets the first extension of each type. A body that breaks its own rule does
/// not break the framing: the first such failure goes to `violation`, and the walk goes on.
template <class Visit>
void for_each_extension(ByteReader& extensions, std::vector<ExtensionType>& types,
                        std::optional<DecodeError>& violation, Visit visit) {
  constexpr std::size_t usual = 16;
  types.reserve(usual);
  SeenTypes seen;
  while (!extensions.at_end()) {
    const std::size_t start = extensions.offset();
    const ExtensionType type{extensions.u16("extension_type")};
    ByteReader block = extensions.block16("extension_data");
    if (extensions.failed()) return;

    std::optional<DecodeError> error;
    if (seen.add(type)) {
      ByteReader body(block.rest(), error, start + 4);
      visit(type, body);
    } else {
      error = DecodeError{"extension_type", start};
    }
    types.push_back(type);
    if (error && !violation) violation = error;
  }
}

}  // namespace legible::parser
