@echo off
rem Starts LongSSM A/B from this folder, without a network.
cd /d "%~dp0"
set PYTHONUTF8=1
where py >nul 2>nul
if %errorlevel%==0 (py -@PYTHON@ start.py %*) else (python start.py %*)
if errorlevel 1 pause
