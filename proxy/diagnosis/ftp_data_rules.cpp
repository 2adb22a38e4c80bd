// FTP's data connections (RFC 4217 section 5) go past the proxy. Servers tie them to the control
// connection, which ends at the proxy: by its TLS session or by its address.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "proxy/diagnosis/cleartext_dialogue.hpp"
#include "proxy/diagnosis/rules.hpp"
#include "proxy/diagnosis/text.hpp"

namespace legible::proxy::diagnosis {
namespace {

constexpr std::string_view session_unnamed = "data connection: Operation not permitted";  // ProFTPD

template <std::size_t N>
const std::string* reply_with(const parser::Refusals& refusals,
                              const std::array<std::string_view, N>& words) {
  const auto reply = std::ranges::find_if(refusals.replies, [&](std::string_view each) {
    return std::ranges::any_of(words, [&](auto word) { return contains(each, word); });
  });
  return reply == refusals.replies.end() ? nullptr : &*reply;
}

Finding refused_data(const std::string& reply) {
  Finding finding;
  finding.mechanism = Mechanism::app_refusal;
  return finding.with(fmt::format("the server said inside {}", quoted(reply)));
}

/// It proves that both connections come from one client.
Finding session_wanted(const std::string& reply) {
  Finding finding = refused_data(reply);
  finding.cause = Cause::proxy_limit;
  finding.confidence = Confidence::medium;
  const bool unnamed = contains(reply, session_unnamed);
  finding.title = unnamed
                      ? "FTP's data connections go past the proxy, and TLS on one failed"
                      : "FTP's data connections go past the proxy, and the server wants them to "
                        "resume the session that it has with the proxy";
  finding.with(unnamed
                   ? "TLS on the data connection failed: ProFTPD says so where the session is not "
                     "resumed, and where the client does not take the server's own certificate"
                   : "it takes a data connection only if that resumes the control connection's "
                     "session");
  return finding.or_else(Cause::resumption_failed,
                         "it fails in the same way when this host is relayed (--relay HOST): FTP "
                         "software that resumes no session is refused directly, too");
}

Finding address_wanted(const std::string& reply) {
  Finding finding = refused_data(reply);
  finding.cause = Cause::proxy_limit;
  finding.confidence = Confidence::high;
  finding.relaying_helps = false;
  finding.title =
      "FTP's data connections go past the proxy, and the server takes them only from "
      "the proxy's address";
  finding.to_do.proxy = "Run it on the client's machine.";
  finding.to_do.server =
      "Or allow other addresses while the proxy is there: vsftpd "
      "pasv_promiscuous=YES, ProFTPD AllowForeignAddress on.";
  return finding;
}

}  // namespace

Answer ftp_data_refused(const Situation& situation) {
  static constexpr std::array<std::string_view, 3> about_session{
      "session reuse required",  // vsftpd
      session_unnamed,
      "session of data connection",  // FileZilla Server
  };
  static constexpr std::array<std::string_view, 1> about_address{
      "Bad IP connecting",  // vsftpd
  };
  const parser::Refusals* refusals = situation.facts.server().refusals;
  // Refusals are read where the proxy plays the client.
  if (!refusals || refusals->protocol != parser::Protocol::smtp) return std::nullopt;
  if (const auto* reply = reply_with(*refusals, about_session)) return session_wanted(*reply);
  if (const auto* reply = reply_with(*refusals, about_address)) return address_wanted(*reply);
  return std::nullopt;
}

}  // namespace legible::proxy::diagnosis
