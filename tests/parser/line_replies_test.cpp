#include "parser/line_replies.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "parser/preamble.hpp"

namespace {

using namespace legible::parser;

constexpr Side C = Side::client;
constexpr Side S = Side::server;

std::span<const std::uint8_t> bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

Dialogue dialogue(Protocol protocol, std::vector<Dialogue::Line> lines) {
  Dialogue said;
  said.protocol = protocol;
  said.lines = std::move(lines);
  return said;
}

}  // namespace

TEST_CASE("a command is answered by the reply of its own place") {
  struct Case {
    Dialogue said;
    std::size_t command;
    std::optional<std::string> reply;
  };
  const auto& c = GENERATE(values<Case>({
      {dialogue(Protocol::smtp, {{S, "220 mail"},
                                 {C, "EHLO x"},
                                 {C, "STARTTLS"},
                                 {S, "250-mail"},
                                 {S, "250 STARTTLS"},
                                 {S, "454 not now"}}),
       2, "454 not now"},
      {dialogue(Protocol::smtp, {{S, "220 mail"}, {C, "STARTTLS"}, {S, "503-first"}}), 1,
       std::nullopt},
      {dialogue(Protocol::imap, {{S, "* OK [CAPABILITY IMAP4rev1] ready"},
                                 {C, "a CAPABILITY"},
                                 {S, "* CAPABILITY IMAP4rev1"},
                                 {S, "a OK done"},
                                 {C, "b STARTTLS"},
                                 {S, "b NO switched off"}}),
       4, "b NO switched off"},
      {dialogue(Protocol::pop3, {{S, "+OK ready"},
                                 {C, "CAPA"},
                                 {S, "+OK"},
                                 {S, "UIDL"},
                                 {S, "."},
                                 {C, "STLS"},
                                 {S, "-ERR no"}}),
       5, "-ERR no"},
      {dialogue(Protocol::ftp, {{S, "220 ftp"},
                                {C, "FEAT"},
                                {S, "211-Features"},
                                {S, " AUTH TLS"},
                                {S, "211 End"},
                                {C, "AUTH TLS"},
                                {S, "234 go on"}}),
       5, "234 go on"},
  }));
  CHECK(reply_to(c.said, c.command) == c.reply);
  if (!c.reply) return;
  CHECK(asks_for_tls(c.said.protocol, c.said.lines[c.command].text));
  CHECK(grants_tls(c.said.protocol, *c.reply) == c.reply->starts_with('2'));
}

TEST_CASE("a secret is a command where SASL's prompt is a reply, and only there") {
  const Dialogue imap = dialogue(Protocol::imap, {{S, "* OK ready"},
                                                  {C, "a AUTHENTICATE ***"},
                                                  {S, "+ go on"},
                                                  {C, "***"},
                                                  {S, "a NO not in clear"},
                                                  {C, "b STARTTLS"},
                                                  {S, "b OK go"}});
  CHECK(reply_to(imap, 5) == "b OK go");
  const Dialogue smtp = dialogue(Protocol::smtp, {{S, "220 mail"},
                                                  {C, "AUTH ***"},
                                                  {S, "334 UGFzc3dvcmQ6"},
                                                  {C, "***"},
                                                  {S, "535 no"},
                                                  {C, "STARTTLS"},
                                                  {S, "220 go"}});
  CHECK(reply_to(smtp, 5) == "220 go");
}

TEST_CASE("replies to commands that were sent at once are waited for, to the last") {
  const Dialogue at_once =
      dialogue(Protocol::smtp, {{S, "220 mail"}, {C, "EHLO x"}, {C, "STARTTLS"}});
  struct Case {
    std::string_view said;
    bool complete;
    bool granted;
  };
  const auto& c = GENERATE(values<Case>({
      {"", false, false},
      {"250 mail\r\n", false, false},
      {"250-mail\r\n250 STARTTLS\r\n220 go", false, false},
      {"250-mail\r\n250 STARTTLS\r\n220 go\r\n", true, true},
      {"250 mail\r\n220-go\r\n220 on\r\n", true, true},
      {"250 mail\r\n454 not now\r\n", true, false},
      {"250 mail\r\n220 go\r\n\x16\x03\x03", true, false},
  }));
  CAPTURE(c.said);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{5}, std::size_t{1000}}) {
    AwaitedReplies replies(at_once);
    for (std::size_t at = 0; at < c.said.size(); at += piece) {
      replies.feed(bytes(c.said.substr(at, piece)));
    }
    CHECK(replies.complete() == c.complete);
    CHECK((replies.complete() && replies.granted()) == c.granted);
  }
}

TEST_CASE("a greeting that has not come is waited for as well") {
  AwaitedReplies replies(dialogue(Protocol::pop3, {{C, "STLS"}}));
  replies.feed(bytes("+OK ready\r\n"));
  CHECK_FALSE(replies.complete());
  replies.feed(bytes("+OK begin\r\n"));
  CHECK(replies.granted());
}
