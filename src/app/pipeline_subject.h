#pragma once

#include <memory>
#include <string>

#include "app/serving.h"
#include "eval/subject.h"
#include "ports/trail_sink.h"

namespace plimsoll::app {

/// Asks the pipeline of a plan in this process: what is measured is what is
/// served. Used on one loop; the references must outlive it.
class PipelineSubject final : public eval::Subject {
 public:
  struct Ports {
    ports::TrailSink& sink;
    ports::Timers& timers;
    ports::Random& random;
  };

  /// `model` is a feature, a model of the plan or provider/model. Eval comes
  /// after the door: no key is asked for.
  PipelineSubject(std::shared_ptr<const Serving> serving, std::string model, Ports ports)
      : serving_(std::move(serving)), model_(std::move(model)), ports_(ports) {}

  Task<eval::Outcome> ask(const eval::Case& asked, eval::Ask how) override;
  std::string name() const override;

 private:
  std::shared_ptr<const Serving> serving_;
  std::string model_;
  Ports ports_;
};

/// The attempts of a call as a JSON object, for result files.
std::string trail_json(const Trail& trail);

}  // namespace plimsoll::app
