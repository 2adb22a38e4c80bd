#include "proxy/net/connector.hpp"

#include <fmt/format.h>

#include <system_error>
#include <utility>

#include "proxy/net/descriptor_limit.hpp"

namespace legible::proxy {
namespace {

// RFC 8305 section 5: "Connection Attempt Delay ... recommended value 250 milliseconds".
constexpr std::chrono::milliseconds attempt_delay{250};

ConnectError classify(int status) {
  switch (status) {
    case UV_ECONNREFUSED:
    case UV_ECONNRESET:
      return ConnectError::refused;
    case UV_ETIMEDOUT:
      return ConnectError::timeout;
    default:
      return ConnectError::unreachable;
  }
}

}  // namespace

Connector::Connector(EventLoop& loop, Addresses addresses, OwnConnections* own, Owner& owner)
    : loop_(loop), addresses_(std::move(addresses)), own_(own), owner_(owner) {
  attempts_.reserve(addresses_->size());
}

void Connector::try_next() {
  while (attempts_.size() < addresses_->size()) {
    const std::size_t attempt = attempts_.size();
    const SocketAddress& address = (*addresses_)[attempt];
    try {
      Attempt begun;
      const auto connect = [&] {
        begun.stream =
            TcpStream(loop_, address, [this, attempt](int status) { on_attempt(attempt, status); });
      };
      if (own_ != nullptr) {
        begun.ticket = own_->add(
            [&] {
              connect();
              return begun.stream.local();
            },
            loop_.now());
      } else {
        connect();
      }
      attempts_.push_back(std::move(begun));
    } catch (const std::system_error& error) {
      attempts_.emplace_back();
      // Nothing has left this machine.
      note_failure(address, -error.code().value(), true);
      continue;
    }
    if (attempts_.size() < addresses_->size()) {
      if (!stagger_) stagger_ = std::make_unique<Timer>(loop_, [this] { try_next(); });
      stagger_->start(attempt_delay);
    }
    return;
  }
  if (failed_ < addresses_->size()) return;
  shortage_ ? owner_.on_connect_shortage() : owner_.on_connect_failed(std::move(failure_));
}

void Connector::on_attempt(std::size_t attempt, int status) {
  const SocketAddress address = (*addresses_)[attempt];
  Attempt& ended = attempts_[attempt];
  if (status == 0) {
    owner_.on_connected(std::move(ended.stream), address, ended.ticket);
    return;
  }
  ended.stream.close();
  if (own_ != nullptr && own_->has_come_back(ended.ticket)) {
    return owner_.on_connect_failed(
        {ConnectError::own_listener, address.text(), std::string(redirected_back)});
  }
  note_failure(address, status, false);
  try_next();
}

void Connector::note_failure(const SocketAddress& address, int status, bool here) {
  ++failed_;
  shortage_ = shortage_ || is_shortage(-status);
  const ConnectError error = classify(status);
  if (failed_ == 1 || error < failure_.error) failure_.error = error;
  failure_.here = failure_.here && here;
  failure_.address = address.text();
  if (!failure_.detail.empty()) failure_.detail += "; ";
  failure_.detail += fmt::format("{}: {}", failure_.address, uv_strerror(status));
}

ConnectFailed Connector::timed_out() const {
  const SocketAddress& last = (*addresses_)[attempts_.size() - 1];
  return {ConnectError::timeout, last.text(), "no answer"};
}

}  // namespace legible::proxy
