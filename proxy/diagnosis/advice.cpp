#include "proxy/diagnosis/advice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace legible::proxy::diagnosis {
namespace {

using Notes = std::span<const StackNote>;

/// The names under which the cause table may know a stack, the nearest first.
std::array<std::string_view, 3> table_names(Stack stack) {
  switch (stack) {
    case Stack::curl:
    case Stack::node:
      return {name(stack), "OpenSSL", ""};
    case Stack::iaik:
      return {"IAIK/webMethods", "webMethods", ""};
    default:
      return {name(stack), "", ""};
  }
}

const StackNote* note_for(Notes notes, std::string_view stack) {
  const auto found = std::ranges::find(notes, stack, &StackNote::stack);
  return found == notes.end() ? nullptr : &*found;
}

const StackNote* note_for(Notes notes, Stack stack) {
  for (const std::string_view known_as : table_names(stack)) {
    if (known_as.empty()) continue;
    if (const StackNote* note = note_for(notes, known_as)) return note;
  }
  return nullptr;
}

std::string hint(std::string_view general, const StackNote* note) {
  if (!note) return std::string(general);
  return fmt::format("{}{}({}: {})", general, general.empty() ? "" : " ", note->stack, note->text);
}

std::string line(const StackNote& note) { return fmt::format("{}: {}", note.stack, note.text); }

/// The line of the recognised stack; of the commonest stacks when none was.
std::string lines(Notes notes, const StackNote* recognised) {
  if (recognised) return line(*recognised);
  constexpr std::size_t shown = 3;
  std::string text;
  for (const StackNote& note : notes.first(std::min(notes.size(), shown))) {
    if (!text.empty()) text += "; ";
    text += line(note);
  }
  return text;
}

/// Servers seldom tell what they are: only a plain HTTP answer names the program.
const StackNote* server_note(const Situation& situation, Notes notes) {
  const auto* http = situation.facts.server().http;
  if (!http) return nullptr;
  const std::string_view product =
      std::string_view(http->server).substr(0, http->server.find_first_of("/ "));
  return note_for(notes, product);
}

/// A client's certificate is at fault that the proxy presented.
bool about_proxys_certificate(const Situation& situation, Cause cause) {
  return situation.proxy_plays(Leg::client) && cause >= Cause::client_cert_missing &&
         cause <= Cause::client_cert_rejected;
}

}  // namespace

Hints hints(const Situation& situation, Cause cause) {
  const CauseInfo& info = describe(cause);
  std::string server = hint(info.server_hint, server_note(situation, info.server_settings));
  if (about_proxys_certificate(situation, cause)) {
    return {{},
            std::move(server),
            "The certificate was the proxy's: give it one that the server accepts (--client-cert, "
            "--client-key), or relay this host (--relay HOST) and let the client present its own."};
  }
  if (cause == Cause::truncated_close && situation.client_closed()) {
    return {"If the server complains: let it send close_notify before it closes.",
            "If it complains: let it ignore an unexpected EOF.", std::string(info.proxy_hint)};
  }
  // Nothing about so small a hello can be too large.
  constexpr std::uint32_t one_segment = 1400;
  const auto* hello = situation.facts.hello;
  if (cause == Cause::server_silent && hello && hello->bytes < one_segment) {
    return {{},
            "Check that this port speaks TLS, that workers are free, and what stands in front of "
            "it: a balancer whose nodes are down takes connections, too.",
            std::string(info.proxy_hint)};
  }
  // The table has the server's error in mind.
  if (cause == Cause::internal_error && situation.client_closed()) {
    return {"Read the client's log.", "Ask the client's side for its log of that second.",
            std::string(info.proxy_hint)};
  }
  return {hint(info.client_hint, note_for(info.client_settings, situation.client_stack)),
          std::move(server), std::string(info.proxy_hint)};
}

std::string repeat_with_tls12(const Situation& situation) {
  static constexpr StackNote settings[] = {
      {"curl", "curl --tls-max 1.2"},
      {"Node", "node --tls-max-v1.2"},
      {"JSSE", "java -Djdk.tls.client.protocols=TLSv1.2"},
      {"OpenSSL", "MaxProtocol = TLSv1.2 in openssl.cnf; nginx: proxy_ssl_protocols TLSv1.2"},
      {"GnuTLS", "wget: --secure-protocol=TLSv1_2; a priority string: NORMAL:-VERS-TLS1.3"},
      {"NSS", "Firefox: security.tls.version.max = 3"},
      {"Go", "MaxVersion: tls.VersionTLS12 in its tls.Config"},
      {"BoringSSL", "Chromium: --ssl-version-max=tls1.2"},
  };
  const StackNote* note = note_for(settings, situation.client_stack);
  return note ? fmt::format("repeat the call once with TLS 1.2 ({})", note->text)
              : "repeat the call once with TLS 1.2 (curl --tls-max 1.2, for one)";
}

BothSides log_lines(const Situation& situation, Cause cause) {
  // What a client prints that misses a part of an answer is not about TLS.
  static constexpr StackNote cut_answer_logs[] = {
      {"curl", "(18) transfer closed with N bytes remaining to read"},
      {"JSSE", "java.io.IOException: Premature EOF"},
      {"Apache HttpClient", "Premature end of Content-Length delimited message body"},
      {"Node", "Error: aborted (ECONNRESET)"},
      {"Go", "unexpected EOF"},
      {"OpenSSL", "Python: IncompleteRead(N bytes read, M more expected)"},
  };
  if (cause == Cause::truncated_close && situation.facts.answer_cut) {
    return {lines(cut_answer_logs, note_for(cut_answer_logs, situation.client_stack)), {}};
  }
  const CauseInfo& info = describe(cause);
  // Who closed has nothing to complain of.
  if (cause == Cause::truncated_close && situation.client_closed()) {
    return {{}, lines(info.client_logs, nullptr)};
  }
  static constexpr StackNote own_patience_logs[] = {
      {"JSSE", "java.net.SocketTimeoutException: Read timed out"},
      {"curl", "(28) Operation timed out"},
      {"Node", "HeadersTimeoutError (UND_ERR_HEADERS_TIMEOUT), or ESOCKETTIMEDOUT"},
  };
  const Facts& facts = situation.facts;
  const bool waited = facts.asked_in_vain() || !facts.server().application_data;
  if (cause == Cause::idle_timeout && situation.client_closed() && waited) {
    return {lines(own_patience_logs, note_for(own_patience_logs, situation.client_stack)), {}};
  }
  return {lines(info.client_logs, note_for(info.client_logs, situation.client_stack)),
          lines(info.server_logs, server_note(situation, info.server_logs))};
}

}  // namespace legible::proxy::diagnosis
