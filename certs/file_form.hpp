#pragma once
// In which form a file with certificates or keys comes, told by its first bytes.

#include <cstdint>
#include <string_view>

namespace legible::certs {

enum class FileForm : std::uint8_t {
  pem,     ///< RFC 7468: a block of some kind is in it
  pkcs12,  ///< RFC 7292
  java_keystore,
  der,    ///< X.690: any other SEQUENCE of more than 127 bytes
  other,  ///< also an empty one
};

FileForm form_of(std::string_view file);

}  // namespace legible::certs
