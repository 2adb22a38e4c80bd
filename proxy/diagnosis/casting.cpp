#include "proxy/diagnosis/casting.hpp"

#include <string_view>

namespace legible::proxy::diagnosis {
namespace {

/// What rules call the side that the proxy plays.
std::string_view part_of_proxy(Scope scope) {
  return scope == Scope::server_leg ? "the client" : "the server";
}

bool continues_word(std::string_view text, std::size_t at) {
  return at < text.size() && (text[at] == '-' || (text[at] >= 'a' && text[at] <= 'z'));
}

}  // namespace

Closer in_place(Closer role, Scope scope) {
  if (role != Closer::client && role != Closer::server) return role;
  switch (party(scope, role == Closer::client ? Leg::client : Leg::server)) {
    case Party::client:
      return Closer::client;
    case Party::server:
      return Closer::server;
    case Party::proxy:
      break;
  }
  return Closer::proxy;
}

VerdictAlert in_place(VerdictAlert alert, Scope scope) {
  alert.from = party(scope, alert.leg);
  alert.leg = leg_of(scope, alert.leg);
  return alert;
}

std::string in_place(std::string sentence, Scope scope) {
  if (scope == Scope::relayed) return sentence;
  const std::string_view role = part_of_proxy(scope);
  const std::string_view text = sentence;
  std::string cast;
  bool quoted = false;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '"') quoted = !quoted;
    if (!quoted && text.substr(at).starts_with(role) && !continues_word(text, at + role.size())) {
      cast += "the proxy";
      at += role.size();
    } else {
      cast += text[at++];
    }
  }
  return cast;
}

void put_in_place(Verdict& verdict, Scope scope) {
  if (scope == Scope::relayed) return;
  if (verdict.leg) verdict.leg = leg_of(scope, *verdict.leg);
  verdict.closer = in_place(verdict.closer, scope);
  if (verdict.alert) verdict.alert = in_place(*verdict.alert, scope);
  for (std::string& sentence : verdict.evidence) sentence = in_place(std::move(sentence), scope);
  for (Alternative& other : verdict.alternatives) {
    other.distinguish = in_place(std::move(other.distinguish), scope);
  }
}

}  // namespace legible::proxy::diagnosis
