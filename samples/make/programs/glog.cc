// The C++ library glog, with its levels and its check that ends the program.
#include <glog/logging.h>

#include <cerrno>

int main(int, char** argv) {
  FLAGS_log_dir = "/srv/billing/logs/glog";
  google::InitGoogleLogging(argv[0]);
  google::InstallFailureSignalHandler();
  LOG(INFO) << "billing 2.8.1 starting";
  LOG(WARNING) << "cache is cold, hit rate 0";
  for (int job = 1; job <= 20; ++job) {
    LOG(INFO) << "job " << job << " started";
    LOG_IF(ERROR, job % 5 == 0) << "job " << job << " failed: ledger answers 503";
  }
  errno = EACCES;
  PLOG(ERROR) << "cannot open /var/lib/billing/report.csv";
  const int workers = 0;
  CHECK_GT(workers, 0) << "no worker left";
}
