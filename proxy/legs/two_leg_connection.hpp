#pragma once
// What relaying and intercepting share: a stream to the client and one to the server, how each
// ends, and what the other one is owed then. What the bytes mean is for the derived classes.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "proxy/legs/connection.hpp"
#include "proxy/net/server_dial.hpp"

namespace legible::proxy {

class TwoLegConnection;

/// One of its two streams.
struct LegStream : TcpStream::Owner {
  LegStream(TwoLegConnection& owner, Leg which) : connection(owner), side(which) {}
  virtual ~LegStream() = default;
  LegStream(const LegStream&) = delete;
  LegStream& operator=(const LegStream&) = delete;

  void on_read(std::span<const std::uint8_t> bytes) final;
  void on_read_end(int status) final;
  void on_written(int status) final;
  std::size_t queued() const { return stream ? stream.queued() : 0; }
  std::size_t unsent() const { return stream ? stream.unsent() : 0; }

  TwoLegConnection& connection;
  const Leg side;
  TcpStream stream;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  bool ended = false;         ///< by its peer
  bool write_failed = false;  ///< its peer takes no more bytes
  bool paused = false;        ///< not read until the other leg's queue is shorter
  bool discarding = false;    ///< what is still read goes nowhere: its peer has reset, or may not
};

class TwoLegConnection : public Connection, private ServerDial::Owner {
 public:
  TwoLegConnection(const TwoLegConnection&) = delete;
  TwoLegConnection& operator=(const TwoLegConnection&) = delete;

  void shut_down() final;

 protected:
  /// A leg whose queue is longer is no longer fed: its peer reads slower than the other one sends.
  static constexpr std::size_t high_water = 128 * 1024;
  static constexpr std::size_t low_water = high_water / 2;
  /// A failed handshake has its verdict at the latest 3 s after its first terminal event.
  static constexpr std::chrono::milliseconds linger_limit{2500};

  TwoLegConnection(ConnectionContext& context, Connection::Owner& owner, AcceptedClient& client);
  ~TwoLegConnection() override = default;

  /// Opens the server leg, which ends in one of `on_server_connected` and `on_no_server`.
  void dial();
  /// The time to connect is up.
  void give_up_dialling() { dial_->give_up(); }

  void pause(LegStream& leg);
  void resume(LegStream& leg);
  void watch_unread_legs();

  /// Ends the whole connection with an RST on this leg, after what was to be sent before it.
  void mirror_reset(LegStream& to);
  /// Both legs have ended: waits until what is queued is sent, then finishes.
  void finish_when_sent();
  void close_by_proxy(ProxyReason reason, std::chrono::seconds limit);
  /// The proxy ends both legs, where their peers have not.
  void close_legs(parser::StreamEnd how);
  /// Gives the verdict, closes both streams, tells the owner.
  void finish();
  /// Gives up client and server, both connected, to somebody else, who gets the record too.
  AcceptedClient leave();
  /// Somebody else has them.
  void left() { ending_ = Ending::finished; }

  /// `limit` from now on_time_out is called.
  void wait_for(std::chrono::milliseconds limit) { timer_.start(limit); }
  /// What is left of the time for the handshake; never nothing.
  std::chrono::milliseconds handshake_time_left() const;
  /// Ends the connection, if no byte has come or gone for as long as it may be idle.
  void on_idle();
  /// The end of both legs is settled: nothing that the peers still say changes anything.
  bool ending() const { return ending_ != Ending::no; }
  bool resetting(const LegStream& leg) const { return &leg == resetting_; }

  /// What was seen before of this client and target; `connection` is remembered with it.
  History recall_and_add(const PastConnection& connection);
  const HostPort& target() const { return target_->target(); }

  ConnectionContext& context_;
  const Time accepted_;
  const std::string client_host_;

 private:
  friend struct LegStream;

  /// What is left to do once `ending`.
  enum class Ending : std::uint8_t {
    no,
    resetting,  ///< what is on its way to a leg that is to be reset
    finishing,  ///< what is still to be sent
    leaving,    ///< nothing: somebody else is to serve both
    finished,
  };

  virtual LegStream& leg(Leg side) = 0;
  LegStream& opposite(const LegStream& from) { return leg(parser::other(from.side)); }

  /// The server leg's stream is open.
  virtual void on_server_connected() = 0;
  /// There will be no server leg; it is on record why.
  virtual void on_no_server() = 0;
  virtual void on_bytes(LegStream& from, std::span<const std::uint8_t> bytes) = 0;
  virtual void on_end(LegStream& from, parser::StreamEnd how) = 0;
  /// Queued bytes were handed to the kernel, or (`status` < 0) never will be.
  virtual void on_sent(LegStream& to, int status) = 0;
  virtual void on_time_out() = 0;

  /// The record of what is said on the leg.
  virtual ConnectionRecord& record(Leg side) = 0;
  /// The proxy will end the leg, for a reason of its own: the last word to its peer.
  virtual void take_leave(LegStream& /*leg*/) {}
  /// Puts on record that the proxy ends this leg.
  virtual void note_own_end(LegStream& leg, parser::StreamEnd how) = 0;
  /// On whom the connection waits.
  virtual Leg waited_for() const = 0;
  /// Gives the verdict, unless it was given.
  virtual void conclude() = 0;

  void on_opened(OpenedServer server) final;
  void on_not_opened(ConnectFailed failure) final;
  void on_shortage() final;
  void abandon(const char* why) final;
  void adopt(OpenedServer&& opened);
  void on_leg_written(LegStream& to, int status);
  void on_leg_end(LegStream& leg, int status);
  void look_for_resets();
  void on_timer();

  Connection::Owner& owner_;
  const std::shared_ptr<TargetResolver> target_;
  std::unique_ptr<OpenedServer> opened_;  ///< until it is used
  std::string announcement_;              ///< likewise: what the server is told first
  OwnConnections::Ticket ticket_ = 0;     ///< of the server leg, if the proxy's own are kept
  Timer timer_;
  std::optional<Timer> unread_timer_;  ///< while a leg is not read
  const std::uint64_t begun_;          ///< loop time, which no change of the clock moves
  std::uint64_t last_activity_;        ///< loop time
  Ending ending_ = Ending::no;
  LegStream* resetting_ = nullptr;  ///< in Ending::resetting
  int reset_polls_ = 0;
  std::size_t unsent_before_ = 0;     ///< when it was looked at last
  std::unique_ptr<ServerDial> dial_;  ///< while it goes on
};

}  // namespace legible::proxy
