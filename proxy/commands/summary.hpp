#pragma once
// What a day's log says about each partner: who called, how often it failed, why, since when.

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "proxy/commands/log_line.hpp"

namespace legible::proxy {

/// Who spoke to whom, under which name.
struct Partner {
  std::string peer;    ///< the client's address, without its port
  std::string sni;     ///< empty: none was sent
  std::string target;  ///< host:port
  friend auto operator<=>(const Partner&, const Partner&) = default;
};

struct CauseCount {
  std::string cause;
  std::string closer;
  bool failed = false;  ///< the outcome was not `ok`, or plain text that worked
  bool unsure = false;  ///< the outcome was `ok`, with low confidence: it may have failed
  std::uint64_t count = 0;
  std::string first_seen;  ///< RFC 3339
  std::string last_seen;
};

struct PartnerSummary {
  Partner partner;
  std::uint64_t connections = 0;
  std::uint64_t failed = 0;
  std::uint64_t unsure = 0;
  std::string first_seen;  ///< RFC 3339, of the first verdict
  std::string last_seen;
  std::vector<CauseCount> causes;  ///< failures first, then the most frequent
};

struct Summary {
  std::uint64_t lines = 0;
  std::uint64_t foreign_lines = 0;  ///< no events: cut short, or of another program
  std::uint64_t dropped_lines = 0;  ///< that notices tell of: what they said is not counted
  std::uint64_t connections = 0;    ///< with a verdict
  std::uint64_t failed = 0;
  std::uint64_t unsure = 0;      ///< that seem to have failed in nothing, with low confidence
  std::uint64_t unfinished = 0;  ///< accepted, but without a verdict in this log
  std::string first_seen;
  std::string last_seen;
  std::vector<PartnerSummary> partners;  ///< most failures first
};

/// Reads a log line by line. Memory is bounded: by the connections that are open at one time, by
/// the partners that are told apart (further ones are counted as one), and by the length of names.
class SummaryBuilder {
 public:
  static constexpr std::size_t max_open = 100'000;
  static constexpr std::size_t max_partners = 20'000;
  static constexpr std::size_t max_causes = 128;  ///< for one partner
  static constexpr std::size_t max_name = 512;    ///< bytes

  /// One line, without its newline.
  void add(std::string_view text);
  /// A line that was too long to be kept.
  void add_foreign();

  /// Lines so far, and those that are no events.
  const Summary& so_far() const { return so_far_; }
  Summary finish() const;

 private:
  struct Totals {
    std::uint64_t connections = 0;
    std::uint64_t failed = 0;
    std::uint64_t unsure = 0;
    std::string first_seen;
    std::string last_seen;
    /// By cause and closer, whether it failed, and whether it is unsure.
    std::map<std::tuple<std::string, std::string, bool, bool>, CauseCount> causes;
  };
  /// Of one client: how often it was asked for a user and a password, and had not come back.
  using Asked = std::map<Partner, std::uint64_t>;

  void open(std::uint64_t connection, std::string_view peer);
  void judge(const Partner& partner, const LogLine& verdict);
  void note_credentials(const Partner& partner, const LogLine& verdict);
  void forgive(const Partner& partner, std::uint64_t times);
  Totals& totals_of(const Partner& partner);

  Summary so_far_;
  std::unordered_map<std::uint64_t, Partner> open_;
  std::map<Partner, Totals> partners_;
  std::unordered_map<std::string, Asked> asked_;  ///< by the client's address
};

/// A table for people, of at most 120 columns where names allow it.
std::string summary_text(const Summary& summary);

/// One JSON object and a newline; docs/events.md defines it.
std::string summary_json(const Summary& summary);

/// `legible summary [--json] LOG...`; a LOG is a file, or `-` for standard input, and several are
/// read as one, in the order given. Returns the exit status: 0, 1 when one cannot be read or holds
/// lines but no event, 2 for wrong usage.
int summary_command(int argc, char** argv);

}  // namespace legible::proxy
