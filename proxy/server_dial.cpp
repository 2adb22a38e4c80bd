#include "proxy/server_dial.hpp"

#include <utility>

namespace legible::proxy {

ServerDial::~ServerDial() { target_->forget(*this); }

void ServerDial::give_up() {
  on_connect_failed(connector_ ? connector_->timed_out()
                               : ConnectFailed{ConnectError::dns, {}, "no answer"});
}

void ServerDial::on_resolved(Addresses addresses) {
  connector_.emplace(loop_, std::move(addresses), static_cast<Connector::Owner&>(*this));
  connector_->start();
}

void ServerDial::on_resolve_failed(const std::string& detail) {
  on_connect_failed({ConnectError::dns, {}, detail});
}

void ServerDial::on_out_of_reach(OutOfReach reason, const SocketAddress& address) {
  const auto error =
      reason == OutOfReach::own_listener ? ConnectError::own_listener : ConnectError::not_allowed;
  on_connect_failed({error, address.text(), {}});
}

void ServerDial::on_connected(TcpStream stream, const SocketAddress& address) {
  owner_.on_connected(std::move(stream), address);
}

void ServerDial::on_connect_failed(ConnectFailed failure) {
  // The addresses that were known did not help.
  target_->doubt();
  owner_.on_connect_failed(std::move(failure));
}

}  // namespace legible::proxy
