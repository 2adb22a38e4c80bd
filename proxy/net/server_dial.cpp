#include "proxy/net/server_dial.hpp"

#include <fmt/format.h>

#include "proxy/sinks/wire_text.hpp"

namespace legible::proxy {

ServerDial::ServerDial(const DialContext& context, const std::shared_ptr<TargetResolver>& target,
                       Owner& owner)
    : context_(context),
      target_(target),
      next_hop_(context.via != nullptr ? context.targets.find(context.via->proxy) : target),
      owner_(owner) {
  if (context.via != nullptr) dialogue_.emplace(*context.via, target->target());
}

void ServerDial::start() {
  // A proxy in front reaches what this machine reaches, and perhaps more.
  if (dialogue_) {
    if (const auto address = target_->forbidden()) {
      return owner_.on_not_opened({ConnectError::not_allowed, address->text(), {}});
    }
  }
  next_hop_->resolve(*this);
}

ServerDial::~ServerDial() { next_hop_->forget(*this); }

void ServerDial::give_up() {
  if (stream_) {
    return fail({ConnectError::upstream_silent, address_,
                 fmt::format("no answer to what it was asked, after {:.1f} s",
                             std::chrono::duration<double>(took()).count())});
  }
  on_connect_failed(connector_ ? connector_->timed_out()
                               : ConnectFailed{ConnectError::dns, {}, "no answer", true});
}

void ServerDial::on_resolved(Addresses addresses) {
  connector_.emplace(context_.loop, std::move(addresses), context_.own,
                     static_cast<Connector::Owner&>(*this));
  connector_->start();
}

void ServerDial::on_resolve_failed(const LookupFailure& failure) {
  on_connect_failed({ConnectError::dns, {}, failure.detail, failure.here});
}

void ServerDial::on_out_of_reach(OutOfReach reason, const SocketAddress& address) {
  const auto error =
      reason == OutOfReach::own_listener ? ConnectError::own_listener : ConnectError::not_allowed;
  on_connect_failed({error, address.text(), {}});
}

void ServerDial::on_connect_failed(ConnectFailed failure) {
  // The addresses that were known did not help.
  next_hop_->doubt();
  fail(std::move(failure));
}

void ServerDial::on_connected(TcpStream stream, const SocketAddress& address,
                              OwnConnections::Ticket ticket) {
  if (!dialogue_) {
    OpenedServer opened{std::move(stream), address.text(), {}, took()};
    opened.ticket = ticket;
    return owner_.on_opened(std::move(opened));
  }
  ticket_ = ticket;
  stream_ = std::move(stream);
  stream_.set_owner(this);
  address_ = address.text();
  stream_.start_reading();
  say(dialogue_->begin());
}

std::chrono::microseconds ServerDial::took() const {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() -
                                                               begun_);
}

// --- the dialogue with an upstream proxy ---

void ServerDial::on_read(std::span<const std::uint8_t> bytes) {
  unread_.insert(unread_.end(), bytes.begin(), bytes.end());
  while (!unread_.empty()) {
    UpstreamDialogue::Step step = dialogue_->feed(unread_);
    unread_.erase(unread_.begin(), unread_.begin() + static_cast<std::ptrdiff_t>(step.consumed));
    if (auto* failure = std::get_if<ConnectFailed>(&step.what)) return fail(std::move(*failure));
    if (const auto* words = std::get_if<UpstreamDialogue::Say>(&step.what)) {
      say(words->bytes);
    } else if (std::holds_alternative<UpstreamDialogue::Open>(step.what)) {
      stream_.stop_reading();
      return owner_.on_opened({std::move(stream_), address_, std::move(unread_), took()});
    } else {
      return;
    }
  }
}

void ServerDial::on_read_end(int status) {
  if (context_.own != nullptr && context_.own->has_come_back(ticket_)) {
    return owner_.on_not_opened(
        {ConnectError::own_listener, address_, std::string(redirected_back)});
  }
  fail({ConnectError::upstream_refused, address_,
        status == UV_EOF ? "it closed without an answer" : "it reset the connection"});
}

void ServerDial::say(std::string_view words) {
  // What cannot be written shows in what is read.
  stream_.write({reinterpret_cast<const std::uint8_t*>(words.data()), words.size()});
}

void ServerDial::fail(ConnectFailed failure) {
  stream_.close();
  if (const Upstream* via = context_.via) {
    const bool reached = failure.error > ConnectError::upstream_unreachable;
    if (!reached) {
      failure.detail = fmt::format("{}{}{}", id(failure.error), failure.detail.empty() ? "" : ": ",
                                   failure.detail);
      failure.error = ConnectError::upstream_unreachable;
    }
    failure.address = fmt::format("{}:{}", via->proxy.host, via->proxy.port);
  }
  owner_.on_not_opened(std::move(failure));
}

}  // namespace legible::proxy
