#include "proxy/diagnosis/wire_names.hpp"

#include <fmt/compile.h>
#include <fmt/format.h>

#include "parser/iana_tables.hpp"

namespace legible::proxy::diagnosis {
namespace {

template <class WireNumber>
std::string named(WireNumber number) {
  const std::string_view name = parser::name(number);
  return name.empty() ? fmt::format("0x{:04x}", number.value)
                      : fmt::format(FMT_COMPILE("{} (0x{:04x})"), name, number.value);
}

}  // namespace

std::string version_name(parser::ProtocolVersion version) { return parser::to_text(version); }

std::string offered_range(const parser::ClientHello& hello) {
  const auto low = hello.lowest_version();
  const auto high = hello.highest_version();
  // Without supported_versions the hello names its highest version alone.
  if (hello.supported_versions.empty()) return fmt::format("at most {}", version_name(high));
  if (low == high) return fmt::format("{} only", version_name(high));
  return fmt::format("{} to {}", version_name(low), version_name(high));
}

std::string suite_name(parser::CipherSuite suite) { return named(suite); }
std::string group_name(parser::NamedGroup group) { return named(group); }
std::string scheme_name(parser::SignatureScheme scheme) { return named(scheme); }

std::string alert_name(int number) {
  const std::string_view name =
      parser::name(parser::AlertDescription{static_cast<std::uint8_t>(number)});
  return name.empty() ? fmt::format("alert {}", number) : fmt::format("{} ({})", name, number);
}

std::string_view who(Closer closer) {
  switch (closer) {
    case Closer::client:
      return "the client";
    case Closer::server:
      return "the server";
    case Closer::proxy:
      return "the proxy";
    case Closer::nobody:
      return "nobody";
    case Closer::ambiguous:
      break;
  }
  return "either side";
}

std::string_view who(Leg leg) { return leg == Leg::client ? "the client" : "the server"; }

}  // namespace legible::proxy::diagnosis
