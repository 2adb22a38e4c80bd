#include "proxy/diagnosis/idle_timers.hpp"

#include <algorithm>
#include <iterator>

namespace legible::proxy::diagnosis {
namespace {

using Side = IdleTimer::Side;

constexpr bool of_kept = true;
constexpr IdleTimer timers[] = {
    {5, "Node keepAliveTimeout, Apache KeepAliveTimeout", Side::server, of_kept},
    {10, "many clients' read time-out", Side::client},
    {20, "Tomcat connectionTimeout, Apache RequestReadTimeout", Side::server, of_kept},
    {30, "many clients' read time-out", Side::client},
    {30, "Jetty idleTimeout", Side::server, of_kept},
    {60, "nginx client_header_timeout and proxy_read_timeout", Side::server},
    {60, "AWS load balancers, many clients' read time-out", Side::either, of_kept},
    {65, "nginx keepalive_timeout (its packaged setting)", Side::server, of_kept},
    {75, "nginx keepalive_timeout", Side::server, of_kept},
    {120, "IIS connectionTimeout, Node handshakeTimeout", Side::server, of_kept},
    {130, "Kestrel KeepAliveTimeout", Side::server, of_kept},
    {240, "Azure load balancers", Side::either, of_kept},
    {300, "stunnel TIMEOUTbusy", Side::either},
    {350, "AWS network load balancers", Side::either, of_kept},
    {600, "Google load balancers", Side::either, of_kept},
    {3600, "firewalls' state tables", Side::either, of_kept},
};

}  // namespace

const IdleTimer* typical_timer(std::chrono::microseconds pause, Leg closer, bool kept) {
  const double seconds = static_cast<double>(pause.count()) / 1e6;
  const Side other = closer == Leg::client ? Side::server : Side::client;
  const auto* found = std::ranges::find_if(timers, [&](const IdleTimer& timer) {
    return timer.side != other && (timer.of_kept || !kept) && seconds >= 0.9 * timer.seconds &&
           seconds <= 1.1 * timer.seconds + 1;
  });
  return found == std::end(timers) ? nullptr : found;
}

}  // namespace legible::proxy::diagnosis
