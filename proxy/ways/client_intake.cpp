#include "proxy/ways/client_intake.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "parser/preamble.hpp"
#include "parser/protocol_detector.hpp"
#include "parser/proxy_header.hpp"
#include "proxy/diagnosis/text.hpp"
#include "proxy/text/escape.hpp"
#include "proxy/ways/forward_answers.hpp"
#include "proxy/ways/http_page.hpp"

namespace legible::proxy {
namespace {

using namespace std::chrono_literals;
using Lack = FirstFlight::Lack;

// Who says nothing for so long may wait for the server to speak first, as mail clients do. A hello
// that comes later than that is still one to intercept.
constexpr auto silence = 500ms;
// A PROXY header that comes later than that would be taken for what the client itself says.
constexpr auto header_limit = 1500ms;
// For a client that was refused to read why, and to leave.
constexpr auto parting_limit = 2500ms;

/// What is held beside the longest hello: its records' headers, early data.
constexpr std::size_t held_beside_hello = 64 * 1024;

std::string text(const HostPort& target) {
  return fmt::format("{}:{}", escape_utf8(target.host), target.port);
}

/// Why a connection is relayed where nothing else was to be chosen.
std::string reason_for(FoundBy found_by) {
  switch (found_by) {
    case FoundBy::connect:
      return "CONNECT";
    case FoundBy::absolute_form:
      return "a request in absolute form";
    case FoundBy::socks4:
      return "SOCKS 4";
    case FoundBy::socks5:
      return "SOCKS 5";
    case FoundBy::sni:
      return "the hello's server name";
    case FoundBy::redirect:
      return "redirected connection";
    case FoundBy::option:
    case FoundBy::capture:
      break;
  }
  return "fixed target";
}

}  // namespace

ClientIntake::ClientIntake(ConnectionContext& context, const IntakeSettings& settings,
                           const ListenerSettings& listener, Connection::Owner& owner,
                           Owner& chosen, std::unique_ptr<LegSecrets> secrets,
                           AcceptedClient client)
    : context_(context),
      settings_(settings),
      listener_(listener),
      owner_(owner),
      chosen_(chosen),
      id_(client.record->id()),
      secrets_(std::move(secrets)),
      client_(std::move(client)),
      timer_(context.loop, [this] { guarded([this] { on_timer(); }); }),
      dialogue_(settings.rules.credentials ? &*settings.rules.credentials : nullptr) {
  client_.stream.set_owner(this);
}

void ClientIntake::resume_at_hello() {
  stage_ = Stage::hello;
  observed_ = client_.early.size();
}

void ClientIntake::start() {
  guarded([this] {
    if (stage_ == Stage::hello) {
      timer_.start(time_left());
      client_.stream.start_reading();
      return consider();
    }
    if (context_.own != nullptr && context_.own->recognises(client_.address, context_.loop.now())) {
      return refuse({ProxyReason::policy, {}, std::string(redirected_back)}, {});
    }
    timer_.start(std::min<std::chrono::milliseconds>(header_limit, context_.timeouts.handshake));
    client_.stream.start_reading();
    if (!any_contains(settings_.rules.header_senders, client_.address)) pass_header();
  });
}

void ClientIntake::shut_down() {
  if (stage_ == Stage::parting) return finish();
  if (stage_ != Stage::done) give_up(ProxyReason::shutdown, {});
}

void ClientIntake::abandon(const char* why) {
  if (stage_ == Stage::done) return;
  if (stage_ == Stage::leaving) {
    // What had the client is gone, and the record has given its verdict.
    stage_ = Stage::done;
    return owner_.on_finished(*this);
  }
  client_.record->note(wall_clock(), Leg::client, ProxyClosing{ProxyReason::resources, {}, why});
  close(parser::StreamEnd::error);
}

// --- what the client says ---

void ClientIntake::on_read(std::span<const std::uint8_t> bytes) {
  guarded([&] {
    client_.received += bytes.size();
    client_.early.insert(client_.early.end(), bytes.begin(), bytes.end());
    advance();
  });
}

/// As far as what came leads.
void ClientIntake::advance() {
  bool further = true;
  while (further && !client_.early.empty()) {
    switch (stage_) {
      case Stage::header:
        further = read_header();
        break;
      case Stage::request:
        further = converse();
        break;
      case Stage::dialing:
        if (client_.early.size() > held_beside_hello) client_.stream.stop_reading();
        return;
      case Stage::hello:
        observe(client_.early.size());
        return consider();
      case Stage::parting:
        consume(client_.early.size());
        return;
      case Stage::leaving:
      case Stage::done:
        return;
    }
  }
}

/// Of what is held, the first `bytes` are put on record, unless they are.
void ClientIntake::observe(std::size_t bytes) {
  if (bytes <= observed_) return;
  client_.record->bytes(wall_clock(), Leg::client,
                        std::span(client_.early).first(bytes).subspan(observed_));
  observed_ = bytes;
}

void ClientIntake::consume(std::size_t bytes) {
  observe(bytes);
  observed_ -= bytes;
  client_.early.erase(client_.early.begin(),
                      client_.early.begin() + static_cast<std::ptrdiff_t>(bytes));
}

bool ClientIntake::read_header() {
  const auto begins = parser::detect_protocol(parser::Side::client, client_.early);
  if (!begins) return false;
  if (*begins != parser::Protocol::proxy_protocol) return pass_header();
  const auto decoded = parser::decode_proxy_header(client_.early);
  if (std::holds_alternative<parser::DecodeError>(decoded)) {
    refuse({ProxyReason::policy, {}, "its PROXY header is broken"}, {});
    return false;
  }
  const auto* header = std::get_if<parser::ProxyHeader>(&decoded);
  if (header == nullptr || client_.early.size() < header->size) return false;
  consume(header->size);
  client_.record->begin_anew();
  if (const auto& source = header->source) {
    const auto address = SocketAddress::from_numeric(source->host, source->port);
    if (!address) {
      refuse({ProxyReason::policy, {}, "its PROXY header names no address"}, {});
      return false;
    }
    client_.address = *address;
    client_.host = source->host;
    announce(*header);
    client_.record->note(wall_clock(), Leg::client,
                         Represented{parser::host_and_port(source->host, source->port)});
  }
  return pass_header();
}

/// Who is told for whom a connection is hears it of the one that the client speaks for.
void ClientIntake::announce(const parser::ProxyHeader& header) {
  const auto address = [](const std::optional<parser::ProxyHeader::Address>& told) {
    return told ? SocketAddress::from_numeric(told->host, told->port)
                : std::optional<SocketAddress>();
  };
  const auto source = address(header.source);
  const auto destination = address(header.destination);
  if (client_.announcement.empty() || !source || !destination) return;
  client_.announcement = proxy_header(context_.outbound.announce, *source, *destination);
}

/// What the client itself says begins here.
bool ClientIntake::pass_header() {
  stage_ = Stage::hello;
  if (!settings_.rules.admits(client_.address)) {
    const std::string why = fmt::format("{} is no address that --allow-from covers", client_.host);
    refuse({ProxyReason::policy, {}, why}, {});
    return false;
  }
  switch (listener_.way) {
    case WayIn::forward:
      stage_ = Stage::request;
      return true;
    case WayIn::by_sni:
      return true;
    case WayIn::transparent:
      return go_to(client_.target->target()) && settle();
    case WayIn::fixed:
      return settle();
  }
  return false;
}

// --- a forward proxy's client ---

bool ClientIntake::converse() {
  ForwardDialogue::Step step = dialogue_.feed(client_.early);
  consume(step.consumed);
  if (std::holds_alternative<ForwardDialogue::NeedMore>(step.what)) return step.consumed > 0;
  if (auto* answer = std::get_if<ForwardDialogue::Answer>(&step.what)) {
    objection_.reset();
    if (!answer->objection.empty()) {
      objection_ = ProxyClosing{answer->reason, {}, std::move(answer->objection)};
    }
    objection_ ? say(answer->bytes) : answer_with(answer->bytes);
    return true;
  }
  if (auto* request = std::get_if<ForwardRequest>(&step.what)) {
    dial(std::move(*request));
  } else if (auto* refusal = std::get_if<ForwardDialogue::Refusal>(&step.what)) {
    refuse({refusal->reason, {}, std::move(refusal->why)}, refusal->bytes);
  } else if (const auto* page = std::get_if<ForwardDialogue::OwnPage>(&step.what)) {
    refuse({ProxyReason::own_page}, settings_.interception.pages.page(page->path).answer());
  }
  return false;
}

/// The server comes first: the client is told whether it can be reached.
void ClientIntake::dial(ForwardRequest request) {
  request_ = std::move(request);
  client_.found_by = request_.form;
  if (!go_to(request_.target)) return;
  stage_ = Stage::dialing;
  timer_.start(std::min<std::chrono::milliseconds>(context_.timeouts.connect, time_left()));
  dial_ = std::make_unique<ServerDial>(context_.dialling(), client_.target,
                                       static_cast<ServerDial::Owner&>(*this));
  dial_->start();
}

void ClientIntake::on_opened(OpenedServer server) {
  guarded([&] {
    dial_.reset();
    // What it says waits for whoever will serve this client.
    server.stream.stop_reading();
    client_.server = std::make_unique<OpenedServer>(std::move(server));
    if (request_.form == FoundBy::absolute_form) {
      observe(client_.early.size());
      client_.only = std::make_unique<SingleRequest>(request_.head);
      client_.early.resize(client_.only->admit(client_.early));
      client_.early.insert(client_.early.begin(), request_.head.begin(), request_.head.end());
      ModeChoice relayed{Mode::relay, reason_for(client_.found_by)};
      relayed.explains_tls = mode_without(Lack::plain_http).explains_tls;
      return hand_over(std::move(relayed));
    }
    answer_with(request_.granted);
    client_.record->begin_anew();
    if (!client_.ended) client_.stream.start_reading();
    if (!settle()) return;
    advance();
    // Nothing more will come of a hello that is not whole.
    if (stage_ == Stage::hello && client_.ended) {
      choose(nullptr, lack_of_ended_flight(client_.early));
    }
  });
}

void ClientIntake::on_not_opened(ConnectFailed failure) {
  guarded([&] {
    dial_.reset();
    const std::string answer = refusal_of(request_, failure);
    end_dialogue();
    note_target();
    client_.record->note(wall_clock(), Leg::server, std::move(failure));
    part(answer);
  });
}

void ClientIntake::on_shortage() {
  guarded([&] {
    dial_.reset();
    const ConnectFailed failure{ConnectError::unreachable, {}, "out of resources"};
    end_dialogue();
    note_target();
    refuse({ProxyReason::resources}, refusal_of(request_, failure));
  });
}

/// What the client asked of a forward proxy is told as that.
void ClientIntake::end_dialogue() {
  const bool asks = stage_ == Stage::request || stage_ == Stage::dialing;
  if (asks && request_.form != FoundBy::absolute_form) client_.record->begin_anew();
}

/// What is said to the client in the server's place, as part of the dialogue.
void ClientIntake::answer_with(std::string_view bytes) {
  const std::span words(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  client_.record->answer(wall_clock(), words);
  say(bytes);
}

void ClientIntake::say(std::string_view bytes) {
  const std::span words(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  if (!words.empty() && client_.stream.write(words) >= 0) client_.sent += words.size();
}

// --- the target and the mode ---

/// False: the client is refused, for it may not go there.
bool ClientIntake::go_to(const HostPort& target) {
  // Names come from peers. A NUL in one, say, would end it for the resolver alone.
  const bool valid = parse_host_port(parser::host_and_port(target.host, target.port)).has_value();
  if (valid && settings_.rules.allows(target)) {
    const auto named = settings_.addresses.find(in_lower_case(target.host));
    client_.target = context_.targets.find(
        named == settings_.addresses.end() ? target : HostPort{named->second, target.port});
    return true;
  }
  const std::string why =
      valid ? fmt::format("{} is no target that --allow-to covers", text(target))
            : fmt::format("{} is neither a name nor an address", diagnosis::quoted(target.host));
  const bool expects_answer = listener_.way == WayIn::forward;
  refuse({ProxyReason::policy, {}, why},
         expects_answer ? refusal_of(request_, {ConnectError::not_allowed, {}, {}}) : "");
  return false;
}

/// The target is known. False: so is what is to be done.
bool ClientIntake::settle() {
  if (!settings_.interception.active()) {
    observe(client_.early.size());
    hand_over({Mode::relay, reason_for(client_.found_by)});
    return false;
  }
  stage_ = Stage::hello;
  client_.entries_before_early = client_.record->timeline().entries().size();
  timer_.start(std::min<std::chrono::milliseconds>(silence, time_left()));
  return true;
}

void ClientIntake::consider() {
  const ConnectionRecord& record = *client_.record;
  const parser::ClientHello* hello = record.client_hello();
  const auto entries = record.timeline().entries().subspan(client_.entries_before_early);
  const std::size_t longest = context_.records.limits.client_hello_bytes + held_beside_hello;
  if (const auto lack = lack_of_first_flight(hello, entries, client_.early, longest)) {
    choose(hello, *lack);
  }
}

void ClientIntake::choose(const parser::ClientHello* hello, Lack lack) {
  if (!client_.target && !find_by_name(hello, lack)) return;
  if (!settings_.interception.active()) {
    return hand_over({Mode::relay, reason_for(client_.found_by)});
  }
  hand_over(choose_mode(settings_.interception, {hello, lack, client_.host, target_host()}));
}

/// What is to be done with a client that sends no hello.
ModeChoice ClientIntake::mode_without(Lack lack) const {
  if (!settings_.interception.active()) return {Mode::relay, reason_for(client_.found_by)};
  return choose_mode(settings_.interception, {nullptr, lack, client_.host, target_host()});
}

/// --by-sni. False: the client is refused.
bool ClientIntake::find_by_name(const parser::ClientHello* hello, Lack lack) {
  client_.found_by = FoundBy::sni;
  if (hello != nullptr && !hello->sni.empty()) {
    return go_to({hello->sni, listener_.target.port});
  }
  if (hello == nullptr && lack == Lack::plain_http) {
    constexpr std::string_view why =
        "the server name in TLS's hello says which server is meant (--by-sni), and none was asked";
    refuse({ProxyReason::plain_http, {}, std::string(why)}, page_for_plain_http(why).answer());
    return false;
  }
  refuse({ProxyReason::no_target,
          {},
          hello != nullptr ? "the client's hello names no server (no SNI)"
                           : "the client's first bytes hold no readable hello that names a server"},
         {});
  return false;
}

void ClientIntake::hand_over(ModeChoice choice) {
  stage_ = Stage::leaving;
  timer_.stop();
  client_.stream.stop_reading();
  chosen_.on_chosen(*this, std::move(client_), std::move(secrets_), std::move(choice));
  stage_ = Stage::done;
}

// --- ends ---

void ClientIntake::on_read_end(int status) {
  guarded([&] {
    if (stage_ == Stage::done) return;
    const parser::StreamEnd how = stream_end(status, false);
    observe(client_.early.size());
    end_dialogue();
    if (stage_ == Stage::request && objection_) {
      client_.record->note(wall_clock(), Leg::client, std::move(*objection_));
    }
    client_.record->closed(wall_clock(), Leg::client, how, false, client_.received, client_.sent);
    client_.ended = how == parser::StreamEnd::fin;
    // A request may end the client's direction.
    if (client_.ended && stage_ == Stage::dialing) return;
    // Half a hello, or bytes that wait for an answer: what the server says to them counts.
    const bool waits = client_.ended && stage_ == Stage::hello && !client_.early.empty() &&
                       listener_.way != WayIn::by_sni;
    waits ? choose(nullptr, lack_of_ended_flight(client_.early)) : finish();
  });
}

/// Ends the connection for a reason of the proxy's own.
void ClientIntake::refuse(ProxyClosing closing, std::string_view last_words) {
  end_dialogue();
  client_.record->note(wall_clock(), Leg::client, std::move(closing));
  part(last_words);
}

void ClientIntake::part(std::string_view last_words) {
  if (last_words.empty()) {
    close(parser::StreamEnd::rst);
    return;
  }
  observe(client_.early.size());
  say(last_words);
  stage_ = Stage::parting;
  client_.stream.shutdown();
  client_.record->closed(wall_clock(), Leg::client, parser::StreamEnd::fin, true, client_.received,
                         client_.sent);
  timer_.start(parting_limit);
}

std::chrono::milliseconds ClientIntake::time_left() const {
  const std::chrono::milliseconds spent{context_.loop.now() - client_.begun};
  return std::max<std::chrono::milliseconds>(context_.timeouts.handshake - spent, 1ms);
}

void ClientIntake::on_timer() {
  if (stage_ == Stage::parting) return finish();
  if (dial_) return dial_->give_up();
  if (time_left() <= 1ms) {
    return give_up(ProxyReason::handshake_timeout, context_.timeouts.handshake);
  }
  if (stage_ == Stage::hello && client_.target) {
    if (client_.early.empty()) {
      ModeChoice choice = mode_without(Lack::silence);
      if (choice.mode == Mode::relay) return hand_over(std::move(choice));
    } else if (!parser::may_begin_tls(client_.early.front())) {
      // Too little to name what it is, and the client waits for an answer to it.
      return choose(nullptr, Lack::no_tls);
    }
  }
  timer_.start(time_left());
  // Who would have sent a header has not: it waits for the server to speak first.
  if (stage_ == Stage::header && client_.early.empty()) pass_header();
}

void ClientIntake::give_up(ProxyReason reason, std::chrono::seconds limit) {
  client_.record->note(wall_clock(), Leg::client, ProxyClosing{reason, limit, {}});
  close(reason == ProxyReason::shutdown ? parser::StreamEnd::fin : parser::StreamEnd::timeout);
}

void ClientIntake::close(parser::StreamEnd how) {
  observe(client_.early.size());
  client_.record->closed(wall_clock(), Leg::client, how, true, client_.received, client_.sent);
  if (how == parser::StreamEnd::rst) client_.stream.reset();
  finish();
}

void ClientIntake::finish() {
  stage_ = Stage::done;
  timer_.stop();
  dial_.reset();
  const PastConnection facts{client_.accepted, client_.received == 0, nullptr, std::nullopt};
  client_.record->conclude(wall_clock(),
                           context_.history.recall_and_add(client_.host, target_host(), facts));
  client_.stream.close();
  owner_.on_finished(*this);
}

void ClientIntake::note_target() {
  const HostPort& target = client_.target->target();
  client_.record->note(wall_clock(), Leg::server,
                       Target{target.host, target.port, "relay", reason_for(client_.found_by), true,
                              client_.found_by});
}

}  // namespace legible::proxy
