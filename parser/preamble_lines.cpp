// STARTTLS in the protocols of text lines: SMTP (RFC 3207), IMAP (RFC 9051 section 6.2.1), POP3
// (RFC 2595 section 4), FTP (RFC 4217).

#include <algorithm>
#include <array>
#include <utility>

#include "parser/ascii.hpp"
#include "parser/line_replies.hpp"
#include "parser/preamble.hpp"
#include "parser/protocol_detector.hpp"

namespace legible::parser {
namespace {

/// A longer line ends the dialogue: SMTP allows 512 bytes, IMAP's capability lists stay below 1000.
constexpr std::size_t longest_line = 2048;

/// A session's work, which in the clear means that no upgrade is to be expected, unless the server
/// refuses it. Of such a command the verb is told; of any other line nothing, for it may be a
/// secret or a mail.
constexpr std::array<std::string_view, 43> session{
    "MAIL",   "RCPT",   "DATA",  "BDAT",    "VRFY",   "EXPN",  "ETRN", "SELECT", "EXAMINE",
    "LIST",   "LSUB",   "FETCH", "STATUS",  "SEARCH", "STORE", "UID",  "APPEND", "CREATE",
    "DELETE", "RENAME", "IDLE",  "EXPUNGE", "STAT",   "RETR",  "TOP",  "UIDL",   "DELE",
    "CWD",    "PWD",    "XPWD",  "TYPE",    "MODE",   "STRU",  "PASV", "EPSV",   "PORT",
    "EPRT",   "STOR",   "NLST",  "MLSD",    "MLST",   "SIZE",  "MDTM"};
/// Those behind which contents may come, though they are refused.
constexpr std::array<std::string_view, 3> with_contents{"DATA", "BDAT", "APPEND"};

constexpr std::array<std::string_view, 7> credentials{"AUTH", "AUTHENTICATE", "LOGIN", "USER",
                                                      "PASS", "APOP",         "ACCT"};

template <std::size_t n>
bool is_one_of(std::string_view word, const std::array<std::string_view, n>& words) {
  return std::ranges::any_of(words,
                             [word](std::string_view w) { return same_in_any_case(word, w); });
}

/// RFC 4217 section 4.
bool is_ftp_upgrade(std::string_view verb, std::string_view argument) {
  constexpr std::array<std::string_view, 3> mechanisms{"TLS", "SSL", "TLS-C"};
  return same_in_any_case(verb, "AUTH") && is_one_of(argument, mechanisms);
}

class LinePreamble : public Preamble {
 public:
  LinePreamble(Protocol protocol, const Limits& limits)
      : Preamble(protocol, limits.dialogue_bytes) {}

  bool admits(Protocol other) const override { return is_line_protocol(other); }
  bool survives_gap() const override { return true; }
  std::string_view unit() const override { return "line of a cleartext dialogue"; }

  PreambleStep feed(Side from, std::span<const std::uint8_t> bytes) override {
    if (begins_tls_record(bytes[0])) return {PreambleStep::Next::hand_over};
    const std::string_view text = as_text(bytes);
    const std::size_t end = text.substr(0, longest_line).find('\n');
    if (end == std::string_view::npos) {
      return {text.size() < longest_line ? PreambleStep::Next::need_more
                                         : PreambleStep::Next::leave};
    }
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const bool negotiates = from == Side::client ? command(line) : reply(line);
    const bool proceeds = negotiates && !overflowed();
    return {proceeds ? PreambleStep::Next::proceed : PreambleStep::Next::leave, end + 1};
  }

 private:
  bool command(std::string_view line) {
    if (works_in_clear_) {
      waits_ = false;
      return true;
    }
    if (secret_follows_) {
      // What SASL's prompt is in SMTP is a reply.
      if (protocol() == Protocol::smtp) ++owed_;
      say(Side::client, secret);
      return true;
    }
    ++owed_;
    const std::size_t verb_at = protocol() == Protocol::imap ? line.find(' ') + 1 : 0;
    const std::size_t verb_end = std::min(line.find(' ', verb_at), line.size());
    const std::string_view verb = line.substr(verb_at, verb_end - verb_at);
    const std::string_view argument = line.substr(std::min(verb_end + 1, line.size()));

    const bool ftp_upgrade = is_ftp_upgrade(verb, argument);
    if (ftp_upgrade) set_protocol(Protocol::ftp);
    if (ftp_upgrade || line.empty() || is_preliminary_verb(verb)) {
      say(Side::client, line);
      return true;
    }
    const std::string_view told = line.substr(0, verb_end);
    secret_follows_ = tells_credentials(verb, argument);
    works_in_clear_ = is_one_of(verb, session);
    // Many servers refuse nothing before the recipient.
    opens_mail_ = same_in_any_case(verb, "MAIL");
    say(Side::client, secret_follows_   ? std::string(told) + " ***"
                      : works_in_clear_ ? told
                                        : secret);
    waits_ = !is_one_of(verb, with_contents);
    return secret_follows_ || works_in_clear_;
  }

  /// A prompt (SASL's 334 and "+") makes the client's next line a secret; any other reply ends the
  /// exchange that credentials opened.
  bool reply(std::string_view line) {
    secret_follows_ = line.starts_with("334") || line == "+" || line.starts_with("+ ");
    const bool to_session = works_in_clear_ && owed_ == 1;
    const bool refusal = refuses(protocol(), line);
    if (!to_session || refusal) say(Side::server, line);
    if (!ends_reply(protocol(), line)) return true;
    if (std::exchange(greeting_due_, false)) return true;
    if (owed_ > 0) --owed_;
    if (!to_session) return true;
    works_in_clear_ = false;
    return waits_ && (refusal || opens_mail_);
  }

  static constexpr std::string_view secret = "***";

  std::size_t owed_ = 0;                              ///< replies, to the client's commands
  bool greeting_due_ = protocol() != Protocol::imap;  ///< its greeting is no reply, having no tag
  bool secret_follows_ = false;
  bool works_in_clear_ = false;  ///< the last command is the session's, and not answered yet
  bool waits_ = true;            ///< the client says nothing before that answer
  bool opens_mail_ = false;      ///< the last command was SMTP's MAIL
};

}  // namespace

bool tells_credentials(std::string_view verb, std::string_view argument) {
  return is_one_of(verb, credentials) && !is_ftp_upgrade(verb, argument);
}

std::unique_ptr<Preamble> make_line_preamble(Protocol protocol, const Limits& limits) {
  return std::make_unique<LinePreamble>(protocol, limits);
}

}  // namespace legible::parser
