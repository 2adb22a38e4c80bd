#include "proxy/diagnosis/idle_timers.hpp"

#include <algorithm>
#include <iterator>

namespace legible::proxy::diagnosis {
namespace {

using Side = IdleTimer::Side;

constexpr IdleTimer timers[] = {
    {5, "Node keepAliveTimeout, Apache KeepAliveTimeout", Side::server},
    {10, "many clients' read time-out", Side::client},
    {20, "Tomcat connectionTimeout, Apache RequestReadTimeout", Side::server},
    {30, "many clients' read time-out", Side::client},
    {60, "nginx client_header_timeout and proxy_read_timeout", Side::server},
    {60, "AWS load balancers, many clients' read time-out", Side::either},
    {65, "nginx keepalive_timeout (its packaged setting)", Side::server},
    {75, "nginx keepalive_timeout", Side::server},
    {120, "IIS connectionTimeout, Node handshakeTimeout", Side::server},
    {240, "Azure load balancers", Side::either},
    {300, "stunnel TIMEOUTbusy", Side::either},
    {350, "AWS network load balancers", Side::either},
    {600, "Google load balancers", Side::either},
    {3600, "firewalls' state tables", Side::either},
};

}  // namespace

const IdleTimer* typical_timer(std::chrono::microseconds pause, Leg closer) {
  const double seconds = static_cast<double>(pause.count()) / 1e6;
  const Side other = closer == Leg::client ? Side::server : Side::client;
  const auto* found = std::ranges::find_if(timers, [&](const IdleTimer& timer) {
    return timer.side != other && seconds >= 0.9 * timer.seconds &&
           seconds <= 1.1 * timer.seconds + 1;
  });
  return found == std::end(timers) ? nullptr : found;
}

}  // namespace legible::proxy::diagnosis
