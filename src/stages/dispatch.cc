#include "stages/dispatch.h"

namespace plimsoll::stages {

Task<Result<Reply>> Dispatch::handle(Call& call, pipeline::Next) const {
  call.trail->controls.push_back(
      {.control = "dispatch", .attempt = static_cast<int>(call.attempt)});
  return upstream_.send(call);
}

}  // namespace plimsoll::stages
