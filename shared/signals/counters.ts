/**
 * Keys of the classic `performanceCounter[0]` and the names under which the query table knows the counters
 * (documentation on migrating alerts). Any other key is the counter's name as it stands.
 */
export const counterNames: Readonly<Record<string, string>> = {
  available_bytes: 'Available Bytes',
  io_data_bytes_per_sec: 'IO Data Bytes/sec',
  number_of_exceps_thrown_per_sec: '# of Exceps Thrown / sec',
  percentage_processor_time_normalized: '% Processor Time Normalized',
  percentage_processor_time: '% Processor Time',
  percentage_processor_total: '% Processor Time',
  process_private_bytes: 'Private Bytes',
  request_execution_time: 'Request Execution Time',
  requests_in_application_queue: 'Requests In Application Queue',
  requests_per_sec: 'Requests/Sec',
};
