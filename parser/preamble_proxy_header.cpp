// The PROXY protocol's header, in passing.

#include "parser/preamble.hpp"
#include "parser/proxy_header.hpp"

namespace legible::parser {
namespace {

class ProxyHeaderPreamble : public Preamble {
 public:
  explicit ProxyHeaderPreamble(const Limits& limits)
      : Preamble(Protocol::proxy_protocol, limits.dialogue_bytes) {}

  bool admits(Protocol) const override { return false; }
  bool one_sided() const override { return true; }
  std::string_view unit() const override { return "PROXY header"; }

  PreambleStep feed(Side, std::span<const std::uint8_t> bytes) override {
    using Next = PreambleStep::Next;
    const auto decoded = decode_proxy_header(bytes);
    const auto* header = std::get_if<ProxyHeader>(&decoded);
    if (!header) return {std::holds_alternative<NeedMore>(decoded) ? Next::need_more : Next::leave};
    say(Side::client, header->text);
    if (const auto& target = header->destination) {
      set_target(host_and_port(target->host, target->port));
    }
    return {Next::hand_over, header->size};
  }
};

}  // namespace

std::unique_ptr<Preamble> make_proxy_header_preamble(const Limits& limits) {
  return std::make_unique<ProxyHeaderPreamble>(limits);
}

}  // namespace legible::parser
