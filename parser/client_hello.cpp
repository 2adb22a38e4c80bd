#include "parser/client_hello.hpp"

#include <algorithm>

namespace legible::parser {

bool ClientHello::has(ExtensionType type) const {
  return std::ranges::find(extensions, type) != extensions.end();
}

bool ClientHello::has(CipherSuite suite) const {
  return std::ranges::find(ciphers, suite) != ciphers.end();
}

std::vector<ProtocolVersion> ClientHello::offered_versions() const {
  if (supported_versions.empty()) return {legacy_version};
  return supported_versions;
}

ProtocolVersion ClientHello::highest_version() const {
  ProtocolVersion highest{};
  for (const ProtocolVersion version : supported_versions) {
    if (!is_grease(version.value)) highest = std::max(highest, version);
  }
  return highest.value != 0 ? highest : legacy_version;
}

ProtocolVersion ClientHello::lowest_version() const {
  ProtocolVersion lowest{0xffff};
  for (const ProtocolVersion version : supported_versions) {
    if (!is_grease(version.value)) lowest = std::min(lowest, version);
  }
  return lowest.value != 0xffff ? lowest : legacy_version;
}

}  // namespace legible::parser
