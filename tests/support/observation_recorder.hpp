#pragma once
// What an observer reported, as lines that a test can compare and a reader can read.

#include <string>
#include <vector>

#include "parser/connection_observer.hpp"
#include "parser/observation.hpp"

namespace legible::test {

/// An observation in a few words: its name and the values that tell it from others of its kind.
std::string describe(const parser::Observation& observation);

/// Keeps what is reported, in order.
class ObservationRecorder : public parser::ObservationSink {
 public:
  struct Entry {
    parser::Side from;
    parser::Observation observation;
  };

  void on_observation(parser::Side from, parser::Observation&& observation) override {
    entries.push_back({from, std::move(observation)});
  }

  /// "client: FirstBytes tls" and so on.
  std::vector<std::string> lines() const;

  /// The observations of one type.
  template <class Kind>
  std::vector<Kind> all() const {
    std::vector<Kind> found;
    for (const Entry& entry : entries) {
      if (const auto* of_kind = std::get_if<Kind>(&entry.observation)) found.push_back(*of_kind);
    }
    return found;
  }

  std::vector<Entry> entries;
};

}  // namespace legible::test
